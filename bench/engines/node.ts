import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Children } from './children.js'
import { freePort } from './free-port.js'
import { until } from './until.js'

export interface NodeOptions {
  readonly children: Children
  readonly name: string
  readonly entry: string
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
}

const READY_MS = 60_000

/** One node of the service, that nothing starts again. @throws when it is not ready in time */
export async function startNode({ children, name, entry, env, folder }: NodeOptions) {
  const [port, wsPort, opsPort] = [await freePort(), await freePort(), await freePort()]
  const dataDir = join(folder, name)
  await mkdir(dataDir, { recursive: true })
  const { pid, ended, signal } = await children.start({
    command: process.execPath,
    args: [entry],
    env: {
      ...env,
      PORT: String(port),
      WS_PORT: String(wsPort),
      OPS_PORT: String(opsPort),
      DATA_DIR: dataDir,
    },
    log: join(folder, `${name}.log`),
    endSignal: 'SIGKILL',
  })
  const http = `http://127.0.0.1:${port}`
  await until(`${name} is ready`, () => isReady(http), READY_MS)
  return { name, pid, http, raw: `ws://127.0.0.1:${wsPort}/ws`, ended, signal }
}

export type Node = Awaited<ReturnType<typeof startNode>>

async function isReady(http: string): Promise<boolean> {
  try {
    const response = await fetch(`${http}/readyz`, { signal: AbortSignal.timeout(1_000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}
