/** NSD, Knot DNS and BIND as they are installed: one zone, the key of the tests, and us as the other end. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { printRecord, type ZoneModel } from '../../src/zone/index.ts'
import { KEY } from './house.ts'

export type Role = 'primary' | 'secondary'
export interface PeerServer {
  readonly port: number
  /** A primary takes up another version from its file. */
  reload(model: ZoneModel): void
  stop(): Promise<void>
  readonly output: string
}

interface Program {
  readonly program: string
  readonly args: (folder: string) => readonly string[]
  readonly config: (role: Role, port: number, ours: number, folder: string, zone: string) => string
}

const SECRET = Buffer.from(KEY.secret).toString('base64')
const NAME = KEY.name.replace(/\.$/, '')

export const PEERS: Readonly<Record<string, Program>> = {
  nsd: {
    program: 'nsd',
    args: (folder) => ['-d', '-c', join(folder, 'config')],
    config: (role, port, ours, folder, zone) => `
server:
${nsdServer(port, folder)}
remote-control:
  control-enable: no
key:
  name: "${NAME}"
  algorithm: ${KEY.algorithm}
  secret: "${SECRET}"
zone:
  name: "${zone}"
  zonefile: "zone"
  provide-xfr: 127.0.0.1 ${NAME}
${
  role === 'primary'
    ? `  notify: 127.0.0.1@${ours} ${NAME}
  store-ixfr: yes
  create-ixfr: yes`
    : `  request-xfr: 127.0.0.1@${ours} ${NAME}
  allow-notify: 127.0.0.1 ${NAME}
  min-retry-time: 1`
}
`,
  },
  knot: {
    program: 'knotd',
    args: (folder) => ['-c', join(folder, 'config')],
    config: (role, port, ours, folder, zone) => `
server:
  listen: 127.0.0.1@${port}
  rundir: "${folder}"
  udp-workers: 1
  tcp-workers: 2
  background-workers: 1
database:
  storage: "${folder}/db"
log:
  - target: stderr
    any: info
key:
  - id: ${NAME}
    algorithm: ${KEY.algorithm}
    secret: ${SECRET}
remote:
  - id: us
    address: 127.0.0.1@${ours}
    key: ${NAME}
acl:
  - id: transfer
    key: ${NAME}
    action: [transfer, notify]
zone:
  - domain: ${zone}
    storage: "${folder}"
    file: zone
    acl: transfer
${role === 'primary' ? '    notify: us\n    zonefile-load: difference\n    journal-content: changes' : '    master: us'}
`,
  },
  bind: {
    program: 'named',
    args: (folder) => ['-g', '-n', '1', '-c', join(folder, 'config')],
    config: (role, port, ours, folder, zone) => `
options {
  directory "${folder}";
  pid-file "${folder}/pid";
  session-keyfile "${folder}/session.key";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  notify ${role === 'primary' ? 'explicit' : 'no'};
  allow-transfer { key ${NAME}; };
};
controls {};
key "${NAME}" { algorithm ${KEY.algorithm}; secret "${SECRET}"; };
zone "${zone}" {
${
  role === 'primary'
    ? `  type primary; file "zone"; ixfr-from-differences yes;
  also-notify { 127.0.0.1 port ${ours} key ${NAME}; };`
    : `  type secondary; file "copy"; masterfile-format text;
  primaries { 127.0.0.1 port ${ours} key ${NAME}; };
  allow-notify { key ${NAME}; };
  min-retry-time 1;`
}
};
`,
  },
}

export function installed(name: string): boolean {
  return spawnSync(PEERS[name]!.program, ['-V']).error === undefined
}

/** @param model  the zone of a primary; a secondary gets it from us */
export async function startPeer(
  name: string,
  role: Role,
  ours: number,
  model: ZoneModel | undefined,
  wanted?: number,
  zone = 'example',
): Promise<PeerServer> {
  const { program, args, config } = PEERS[name]!
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  mkdirSync(join(folder, 'db'))
  const port = wanted ?? (await freePort())
  const write = (model: ZoneModel) =>
    writeFileSync(join(folder, 'zone'), [...model].map((record) => `${printRecord(record)}\n`).join(''))
  if (model !== undefined) write(model)
  writeFileSync(join(folder, 'config'), config(role, port, ours, folder, zone))
  const child: ChildProcess = spawn(program, args(folder), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout!.on('data', (piece) => (output += piece))
  child.stderr!.on('data', (piece) => (output += piece))
  const gone = new Promise<void>((resolve) => child.on('close', () => resolve()))
  return {
    port,
    reload: (model) => {
      write(model)
      child.kill('SIGHUP')
    },
    stop: async () => {
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 5000)
      await gone
      clearTimeout(hard)
      rmSync(folder, { recursive: true, force: true })
    },
    get output() {
      return output
    },
  }
}

/** What NSD is told of its place: a port of the loopback, and no file outside of the folder. */
export const nsdServer = (port: number, folder: string): string => `  ip-address: 127.0.0.1@${port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/pid"
  xfrdfile: "${folder}/xfrd"
  xfrdir: "${folder}"
  zonelistfile: "${folder}/list"`

/** A port that was free a moment ago, for UDP and TCP most likely. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
