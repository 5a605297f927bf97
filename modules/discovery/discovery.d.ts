/** A machine; 'Unknown' stands for what is not known of it. */
export interface Device {
  IPAddress: string;
  /** 'Host machine' for this machine itself. */
  name: string;
  mac: string;
}

/** Finds machines. */
export class DiscoveryService {
  /** Return the first IPv4 address of this machine that others can reach. */
  getHostAddress(): string;
  /** Look for the machines whose addresses begin with the same three numbers. */
  discoverDevices(
    address: string,
    method?: 'ping' | 'nmap' | null,
    callback?: ((devices: Device[]) => void) | null
  ): void;
  on(event: 'discovered', listener: (devices: Device[]) => void): this;
  on(event: 'error', listener: (error: Error & { code: string }) => void): this;
}
