/**
 * Why an address cannot be served on, said to an operator: who has the port, what permission is missing, which addresses there are.
 */

import { networkInterfaces } from 'node:os'
import { EACCES, EADDRINUSE, EADDRNOTAVAIL, EPERM, errnoName } from './libc.ts'
import { printListenAddress } from './listen-address.ts'
import { ListenError } from './model.ts'
import { portOwners } from './port-owners.ts'

/** Makes the error for a socket call that failed with `errno`. */
export function listenError(errno: number, transport: 'udp' | 'tcp', address: Uint8Array, port: number): ListenError {
  const where = `${transport.toUpperCase()} ${printListenAddress(address, port)}`
  const code = errnoName(errno)
  switch (errno) {
    case EADDRINUSE: {
      const [owner] = portOwners(transport, port)
      const by = owner === undefined ? 'another process' : `${owner.name} (process ${owner.pid})`
      return new ListenError(
        code,
        `Cannot listen on ${where}: the address is in use by ${by}.`,
        'Stop it, choose another address, or take over from a running meridian with --replace.',
      )
    }
    case EACCES:
    case EPERM:
      return new ListenError(
        code,
        `Cannot listen on ${where}: no permission${port < 1024 ? ' for a port below 1024' : ''}.`,
        port < 1024
          ? 'Give the service CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE), lower the sysctl net.ipv4.ip_unprivileged_port_start, or hand over the socket by socket activation.'
          : 'A security policy forbids it: look into the audit log of the system.',
      )
    case EADDRNOTAVAIL:
      return new ListenError(
        code,
        `Cannot listen on ${where}: this machine has no such address.`,
        `It has ${ownAddresses(address.length === 16 ? 'IPv6' : 'IPv4').join(', ') || 'none of that family'}.`,
      )
    default:
      return new ListenError(code, `Cannot listen on ${where}: ${code}.`, 'Check that the address family is enabled.')
  }
}

function ownAddresses(family: 'IPv4' | 'IPv6'): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((entry) => entry.family === family)
    .map((entry) => entry.address)
}
