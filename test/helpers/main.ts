import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { temporaryFolder } from './folders.js'
import { freePort, type StartedProcess, startProcess, until } from './processes.js'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** Runs `node dist/main.js` to its own end: for starts that are refused. Ports and a data folder where none are given. */
export async function runMain(
  t: Test,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const child = startProcess(t, process.execPath, [main], {
    PATH: process.env.PATH,
    PORT: String(await freePort()),
    WS_PORT: String(await freePort()),
    OPS_PORT: String(await freePort()),
    DATA_DIR: env.DATA_DIR ?? (await temporaryFolder(t)),
    ...env,
  })
  return { code: await exitOf(child), output: child.output() }
}

/** The exit code of a program that ends by itself. @throws when it goes on */
export async function exitOf(child: StartedProcess): Promise<number | null> {
  await until(child, 'its own end', 60_000, async () => child.hasExited())
  return await child.stop()
}
