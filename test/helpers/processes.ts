import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { temporaryFolder } from './folders.js'
import { createPGliteFolder } from './pglite.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** One running node of the service. */
export interface NodeProcess {
  readonly url: string
  readonly wsUrl: string
  readonly port: number
  readonly wsPort: number
  readonly opsPort: number
  readonly pid: number
  /** All that it has written so far. */
  output(): string
  /** Sends the signal (SIGTERM) and gives the exit code, null when the signal itself ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** As a lost machine does: no signal handler runs. */
  kill9(): Promise<void>
}

/** One test says and connects more in a second than a user does: only those that are about it are held back. */
const NO_LIMITS = {
  PARLEY_RATE_MESSAGES: '0',
  PARLEY_RATE_JOINS: '0',
  PARLEY_RATE_TYPING: '0',
  PARLEY_RATE_CONNECTS: '0',
  PARLEY_RATE_CONNECTS_PER_ADDRESS: '0',
  PARLEY_SESSIONS_PER_USER: '0',
}

/**
 * Starts `node dist/main.js`, ready when this resolves, and killed at the test's end. Its environment is only
 * what is given here: free ports, a data folder of its own and no limits of rates where `env` names none.
 */
export async function startNode(
  t: Test,
  env: Record<string, string> = {},
  entry = join(root, 'dist/main.js'),
): Promise<NodeProcess> {
  const port = env.PORT ?? String(await freePort())
  const wsPort = env.WS_PORT ?? String(await freePort())
  const opsPort = env.OPS_PORT ?? String(await freePort())
  const dataDir = env.DATA_DIR ?? (await dataFolder(t, env))
  const ports = { PORT: port, WS_PORT: wsPort, OPS_PORT: opsPort }
  const child = startProcess(t, process.execPath, [entry], {
    ...inherited('PATH', 'HOME', 'TMPDIR'),
    ...NO_LIMITS,
    ...env,
    ...ports,
    DATA_DIR: dataDir,
  })
  const url = `http://127.0.0.1:${port}`
  await until(child, `${url}/readyz`, 60_000, async () => await answers(`${url}/readyz`))
  return {
    url,
    wsUrl: `ws://127.0.0.1:${wsPort}/ws`,
    port: Number(port),
    wsPort: Number(wsPort),
    opsPort: Number(opsPort),
    pid: child.pid,
    output: child.output,
    stop: child.stop,
    kill9: async () => {
      await child.stop('SIGKILL')
    },
  }
}

/** One with an empty database in it where the node is to run embedded: making that takes most of its start. */
async function dataFolder(t: Test, env: Record<string, string>): Promise<string> {
  return env.DATABASE_URL === undefined ? await createPGliteFolder(t) : await temporaryFolder(t)
}

/** A started program: its pid, its output, and its end. */
export interface StartedProcess {
  readonly pid: number
  output(): string
  hasExited(): boolean
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts a program that is killed, and waited for, at the test's end. */
export function startProcess(
  t: Test,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  more: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd'> = {},
): StartedProcess {
  const child = spawn(command, args, { cwd: root, ...more, env, stdio: ['ignore', 'pipe', 'pipe'] })
  child.once('error', () => {})
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} could not be started`)
  const output = collect(child)
  // "close", not "exit": by then its output has been read to the end.
  const closed = once(child, 'close')
  let hasExited = false
  child.once('close', () => {
    hasExited = true
  })
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal)
    await closed
    return child.exitCode
  }
  t.teardown(async () => {
    await stop('SIGKILL')
  })
  return { pid, output, hasExited: () => hasExited, stop }
}

/** Polls until the program is ready; fails at once when it ends first, and with its output either way. */
export async function until(
  child: StartedProcess,
  what: string,
  withinMs: number,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await isReady())) {
    if (child.hasExited()) throw new Error(`ended before ${what} was ready:\n${child.output()}`)
    if (performance.now() > deadline) throw new Error(`${what} was not ready in time:\n${child.output()}`)
    await delay(25)
  }
}

/**
 * A port that nothing listens on. Below the kernel's range for outgoing connections: one of those could take
 * the port before the program under test does. At random, because test files run side by side.
 */
export async function freePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 12_000)
  return (await isFree(port)) ? port : await freePort()
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

function inherited(...names: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(
    names.filter((name) => name in process.env).map((name) => [name, process.env[name]]),
  )
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

function collect(child: ChildProcess): () => string {
  let text = ''
  const keep = (chunk: Buffer): void => {
    text += chunk.toString()
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return () => text
}
