/** The figures of an SOA's rdata (RFC 1035 3.3.13): two names, then five numbers of 32 bits at the end. */

export interface SoaFigures {
  readonly serial: number
  /** seconds, all four */
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
}

/** @param rdata sound, uncompressed */
export function soaFigures(rdata: Uint8Array): SoaFigures {
  const figure = (i: number): number => {
    const at = rdata.length - 20 + 4 * i
    return ((rdata[at]! << 24) | (rdata[at + 1]! << 16) | (rdata[at + 2]! << 8) | rdata[at + 3]!) >>> 0
  }
  return { serial: figure(0), refresh: figure(1), retry: figure(2), expire: figure(3), minimum: figure(4) }
}

/** @returns a copy of the SOA's rdata with another serial */
export function withSerial(rdata: Uint8Array, serial: number): Uint8Array {
  const copy = Uint8Array.from(rdata)
  const at = copy.length - 20
  copy[at] = serial >>> 24
  copy[at + 1] = serial >>> 16
  copy[at + 2] = serial >>> 8
  copy[at + 3] = serial
  return copy
}
