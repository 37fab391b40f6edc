import { once } from 'node:events'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { z } from 'zod'
import { type Answer, call } from './clients.js'
import { temporaryFolder } from './folders.js'
import { freePort, startProcess, until } from './processes.js'

const recipe = fileURLToPath(new URL('../../docs/clamav/', import.meta.url))

/** A clamd of the test's own, with the recipe's configuration and no signature but the recipe's. */
export interface Clamd {
  readonly socket: string
  readonly port: number
  stop(): Promise<void>
  /** At the same addresses again. */
  start(): Promise<void>
}

/** The bridge of the recipe. */
export interface Bridge {
  readonly url: string
  /** The value of PARLEY_SCAN_URL. */
  readonly scanUrl: string
  /** Sends SIGTERM and gives the exit code. */
  stop(): Promise<number | null>
}

/** A whole scanner: the value of PARLEY_SCAN_URL, or undefined on a machine without clamd. */
export async function startClamav(t: Test): Promise<string | undefined> {
  if (!process.env.TEST_CLAMD) return undefined
  const { socket } = await startClamd(t)
  const { scanUrl } = await startBridge(t, { CLAMD_SOCKET: socket })
  return scanUrl
}

/** Starts a clamd that is ready when this resolves, and killed at the test's end. `settings` replace the recipe's. */
export async function startClamd(t: Test, settings: Record<string, string> = {}): Promise<Clamd> {
  const command = process.env.TEST_CLAMD
  if (!command) throw new Error('TEST_CLAMD is not set: run the tests through npm test')
  const folder = await temporaryFolder(t)
  const socket = join(folder, 'clamd.ctl')
  const port = await freePort()
  const config = join(folder, 'clamd.conf')
  const own = {
    LocalSocket: socket,
    TCPSocket: String(port),
    TCPAddr: '127.0.0.1',
    DatabaseDirectory: folder,
    ...settings,
  }
  // Debian's AppArmor profile lets clamd read below /tmp, and not wherever this repository is.
  await copyFile(join(recipe, 'eicar.ndb'), join(folder, 'eicar.ndb'))
  await writeFile(config, withSettings(await readFile(join(recipe, 'clamd.conf'), 'utf8'), own))

  const launch = async () => {
    const child = startProcess(t, command, ['--config-file', config], { TMPDIR: folder })
    await until(child, 'clamd', 30_000, async () => (await ping(socket)) === 'PONG\0')
    return child
  }

  let current = await launch()
  return {
    socket,
    port,
    stop: async () => {
      await current.stop()
    },
    start: async () => {
      await current.stop()
      current = await launch()
    },
  }
}

/** Starts the bridge with these variables; ready when this resolves, and killed at the test's end. */
export async function startBridge(t: Test, env: Record<string, string>): Promise<Bridge> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = startProcess(t, process.execPath, [join(recipe, 'bridge.mjs')], {
    ...env,
    PORT: String(port),
  })
  await until(child, 'the bridge', 30_000, async () => child.output().includes(url.slice('http://'.length)))
  return { url, scanUrl: `${url}/scan`, stop: () => child.stop() }
}

/** The file that every scanner takes for a virus, out of the recipe's signature: it stands nowhere in the clear. */
export async function eicar(): Promise<Buffer> {
  const signature = await readFile(join(recipe, 'eicar.ndb'), 'utf8')
  return Buffer.from(signature.trim().split(':').at(-1) ?? '', 'hex')
}

/** A store that answers as given, closed at the test's end; its URL, without a path. */
export async function startSource(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${z.object({ port: z.number() }).parse(server.address()).port}`
}

/** Asks a bridge for its verdict on what is at the URL. */
export async function scan(bridge: { url: string }, url: string): Promise<Answer> {
  return await call(bridge, undefined, 'POST', '/scan', { attachmentId: 'a1', url })
}

/** The configuration with these settings in place of its own, and as the user who runs the tests. */
function withSettings(config: string, settings: Record<string, string>): string {
  const replaced = [...Object.keys(settings), 'User']
  const kept = config.split('\n').filter((line) => !replaced.includes(line.split(' ')[0] ?? ''))
  return [...kept, ...Object.entries(settings).map(([name, value]) => `${name} ${value}`), ''].join('\n')
}

async function ping(socket: string): Promise<string> {
  return await text(connect(socket).end('zPING\0')).catch(() => '')
}
