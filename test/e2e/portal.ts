/**
 * The founding example for the tests: the contract's portal with quick figures, its nodes on loopback.
 */
export const ADDRESSES = {
  'de-1': '127.0.0.11',
  'de-2': '127.0.0.12',
  'md-1': '127.0.0.13',
  spare: '127.0.0.14',
} as const

/** networks of the built-in country database */
export const MOLDOVA = '178.168.0.0/24'
export const GERMANY = '80.128.0.0/24'
export const AMERICA = '8.8.8.0/24'

export const ZONE = `$TTL 3600
@            SOA  ns1 hostmaster 2026050301 7200 900 1209600 300
             NS   ns1
             NS   ns2
             MX   10 mail
             TXT  "v=spf1 -all"
             A    192.0.2.80
ns1          A    192.0.2.53
ns2          A    198.51.100.53
mail         A    192.0.2.25
static       A    192.0.2.90
             AAAA 2001:db8:90::1
media        CNAME video
docs         CNAME pages.hosting.example.
*.user       A    192.0.2.91
admin.user   A    192.0.2.92
editors      NS   ns.editors
ns.editors   A    203.0.113.53
long         TXT  ${Array.from({ length: 12 }, (_, i) => `"${String.fromCharCode(97 + i).repeat(200)}"`).join(' ')}
`

export interface PortalOptions {
  /** of the origins' /health; 0: nothing is checked */
  readonly port: number
  readonly removeAfter?: string
  readonly ttl?: string
}

export function steering({ port, removeAfter = '1s', ttl = '{ max: 60s, min: 10s }' }: PortalOptions): string {
  const check = port === 0 ? '' : ', check: web'
  return `zone: portal.example
defaults: { ttl: ${ttl}${check} }
checks:
  web:
    http: { path: /health, port: ${port === 0 ? 80 : port}, expect: 200 }
    timeout: 500ms
    hysteresis: { profile: eager, interval: 300ms, suspect_interval: 200ms, down_interval: 300ms, remove_after: ${removeAfter}, restore_after: 1s }
sites:
  chisinau: { country: MD, at: [47.01, 28.86] }
  falkenstein: { country: DE, at: [50.48, 12.37] }
nodes:
  de-1: { a: ${ADDRESSES['de-1']}${port === 0 ? ', aaaa: "2001:db8::11"' : ''}, site: falkenstein }
  de-2: { a: ${ADDRESSES['de-2']}, site: falkenstein }
  md-1: { a: ${ADDRESSES['md-1']}, site: chisinau }
pools:
  germany: { nodes: [de-1, de-2], min_in_service: 50% }
  moldova: { nodes: [md-1], fallback: germany }
records:
  www: germany
  video:
    rules:
      - { country: [MD], pool: moldova }
      - { pool: germany }
`
}

export function portalFiles(options: PortalOptions): Record<string, string> {
  return { 'zones/portal.example.zone': ZONE, 'zones/portal.yaml': steering(options) }
}
