/** The zone that everything is measured with: h0 .. hN-1 with an address each, and for geo a `video` in two places. */

export const BENCH_ZONE = 'example.com'
export const HOME = '203.0.113.1'
export const ABROAD = ['203.0.113.10', '203.0.113.11', '203.0.113.12'] as const

/** @param extra lines for this server alone */
export function* zoneLines(zone: string, names: number, extra: readonly string[] = []): Generator<string> {
  yield `$ORIGIN ${zone}.`
  yield '$TTL 300'
  yield `@ IN SOA ns1 hostmaster 1 7200 1800 1209600 300`
  yield '@ IN NS ns1'
  yield 'ns1 IN A 127.0.0.1'
  yield* extra
  for (let i = 0; i < names; i++) yield `h${i} IN A 192.0.${(i >> 8) & 255}.${i & 255}`
}

export function zoneText(zone: string, names: number, extra: readonly string[] = []): string {
  return `${[...zoneLines(zone, names, extra)].join('\n')}\n`
}
