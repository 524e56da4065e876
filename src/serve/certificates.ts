/**
 * The certificate and key of DNS over TLS (RFC 7858), read again when the files change, so that a renewed certificate needs no
 * restart. Files that cannot be used leave the old ones in service, and the problem is told once per change.
 */

import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { TlsFiles } from './model.ts'

export const TLS_OPTIONS = {
  minVersion: 'TLSv1.2', // RFC 9325 3.1.1
  ALPNProtocols: ['dot'], // transfers over TLS insist on it (RFC 9103 7.1)
} as const

/** A certificate with its key, as tls takes them. */
export interface Certificate extends SecureContextOptions {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Reads both files and checks that they belong together. @throws an Error whose message is a sentence for the operator */
export async function readCertificate(files: TlsFiles): Promise<Certificate> {
  const read = async (what: string, path: string): Promise<Buffer> => {
    try {
      return await readFile(path)
    } catch (error) {
      throw new Error(`The TLS ${what} ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`)
    }
  }
  const [cert, key] = await Promise.all([read('certificate', files.cert), read('key', files.key)])
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    const reason = (error as Error).message.replace(/^error:[0-9A-F]*:/, '')
    throw new Error(`The TLS certificate ${files.cert} and key ${files.key} cannot be used (${reason}).`)
  }
  return { cert, key, minVersion: TLS_OPTIONS.minVersion }
}

/**
 * Calls `use` with the new certificate, or `complain`, whenever what the files hold has changed. The folders are watched, for renewal
 * tools replace files or the links to them; other files there may change as they like. @returns stops watching
 */
export function watchCertificate(
  files: TlsFiles,
  inUse: Certificate,
  use: (certificate: Certificate) => void,
  complain: (problem: string) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined
  let problem = ''
  const look = (): void => {
    clearTimeout(timer)
    // Certificate and key are replaced one after the other: wait until both are there.
    timer = setTimeout(() => {
      readCertificate(files).then(
        (certificate) => {
          const same = certificate.cert.equals(inUse.cert) && certificate.key.equals(inUse.key)
          if (same && problem === '') return
          inUse = certificate
          problem = ''
          use(certificate)
        },
        (error: Error) => {
          if (error.message === problem) return
          problem = error.message
          complain(problem)
        },
      )
    }, 300)
    timer.unref()
  }
  const watchers: FSWatcher[] = []
  for (const folder of new Set([dirname(files.cert), dirname(files.key)])) {
    try {
      const watcher = watch(folder, { persistent: false }, look)
      watcher.on('error', () => watcher.close())
      watchers.push(watcher)
    } catch (error) {
      complain(
        `The folder ${folder} cannot be watched (${(error as Error).message}): a new certificate needs a restart.`,
      )
    }
  }
  // They may have changed between the first reading and the watch.
  look()
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
