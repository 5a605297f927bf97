import { EventEmitter } from 'events';

/** Options of a thermometer. */
export interface ThermometerOptions {
  /** Milliseconds from one reading to the next. */
  period?: number;
  /** Unit of the readings. */
  unit?: 'celsius' | 'fahrenheit';
}

/** A thermometer. */
export class Thermometer extends EventEmitter {
  constructor(options?: ThermometerOptions);
  readonly period: number;
  readonly unit: 'celsius' | 'fahrenheit';
  start(): void;
  stop(): void;
  on(event: 'reading', listener: (degrees: number) => void): this;
  on(event: 'close', listener: () => void): this;
}
