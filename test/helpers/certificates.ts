import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { temporaryFolder } from './folders.js'

const execute = promisify(execFile)

export interface Certificates {
  /** In PEM: who has signed it. */
  readonly ca: string
  readonly caFile: string
  /** Of a server on 127.0.0.1. */
  readonly certFile: string
  readonly keyFile: string
}

/** A CA of the test's own, and a server's certificate by it. */
export async function createCertificates(t: Test): Promise<Certificates> {
  const folder = await temporaryFolder(t)
  const at = (name: string) => join(folder, name)
  const openssl = async (command: string, ...files: string[]) =>
    await execute(process.env.TEST_OPENSSL ?? 'openssl', [...command.split(' '), ...files])
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
  await openssl(`req -x509 ${newKey} -days 2 -subj /CN=test-ca -keyout`, at('ca.key'), '-out', at('ca.pem'))
  await openssl(`req ${newKey} -subj /CN=redis -keyout`, at('key.pem'), '-out', at('request.pem'))
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1')
  await openssl(
    ...['x509 -req -days 2 -CAcreateserial -in', at('request.pem')],
    ...['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-extfile', at('names'), '-out', at('cert.pem')],
  )
  return {
    ca: await readFile(at('ca.pem'), 'utf8'),
    caFile: at('ca.pem'),
    certFile: at('cert.pem'),
    keyFile: at('key.pem'),
  }
}

/** What a Redis is started with to speak TLS on this port too, to its clients and to its like. */
export function tlsArguments({ caFile, certFile, keyFile }: Certificates, port: number): string[] {
  return [
    ...['--tls-port', String(port), '--tls-auth-clients', 'no', '--tls-replication', 'yes'],
    ...['--tls-ca-cert-file', caFile, '--tls-cert-file', certFile, '--tls-key-file', keyFile],
  ]
}
