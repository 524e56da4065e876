/**
 * Which processes have a port: the socket's inode stands in /proc/net, the process that holds it in /proc/PID/fd. Processes of other
 * users are hidden without privilege, and other systems have no /proc: then nobody is named.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface PortOwner {
  readonly pid: number
  /** The process's name, for people. */
  readonly name: string
  /** Its arguments. */
  readonly command: readonly string[]
}

/** Finds the processes with a socket bound to `port`, on whatever address. */
export function portOwners(transport: 'udp' | 'tcp', port: number): PortOwner[] {
  const inodes = new Set<string>()
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const table of [transport, `${transport}6`]) {
    for (const line of textOf(`/proc/net/${table}`).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      if (fields[1]?.endsWith(wanted) === true && fields[9] !== undefined) inodes.add(`socket:[${fields[9]}]`)
    }
  }
  if (inodes.size === 0) return []
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name) && namesIn(`/proc/${name}/fd`).some((fd) => holds(name, fd, inodes)))
    .map((pid) => ({
      pid: Number(pid),
      name: textOf(`/proc/${pid}/comm`).trim() || 'a process',
      command: textOf(`/proc/${pid}/cmdline`).split('\0'),
    }))
}

function holds(pid: string, fd: string, inodes: ReadonlySet<string>): boolean {
  try {
    return inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    return false // closed meanwhile
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
