/** Transforms of signals. */
export class Signal {
  /**
   * Return the discrete Fourier transform of real samples, without a factor.
   * @param samples 65,536 at most; zeros are added up to a power of two
   */
  fft(samples: ArrayLike<number>): { real: number[]; imag: number[] };
}
