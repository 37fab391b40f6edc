import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

export interface ChildOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** File that its output is appended to. */
  readonly log: string
  /** Runs as the owner of this folder: Postgres refuses to be root. */
  readonly ownerOf?: string
  /** What ends it for good, at once. */
  readonly endSignal: NodeJS.Signals
}

export interface Child {
  readonly pid: number
  isRunning(): boolean
  signal(name: NodeJS.Signals): void
  /** Its exit code, null when a signal has ended it. */
  readonly ended: Promise<number | null>
}

/** All programs that this one starts; none is left when it ends, however it does. */
export function createChildren() {
  const running = new Map<ChildProcess, NodeJS.Signals>()

  function endAll(): void {
    for (const [child, endSignal] of running) {
      // A stopped process takes no signal but these.
      child.kill('SIGCONT')
      child.kill(endSignal)
    }
  }
  process.once('exit', endAll)

  return {
    async start({ command, args, env, log, ownerOf, endSignal }: ChildOptions): Promise<Child> {
      const owner = ownerOf === undefined ? undefined : await stat(ownerOf)
      const output = openSync(log, 'a')
      const child = spawn(command, args, {
        env: { LC_ALL: 'C.UTF-8', ...env },
        stdio: ['ignore', output, output],
        ...(owner !== undefined && process.getuid?.() === 0 && { uid: owner.uid, gid: owner.gid, cwd: '/' }),
      })
      closeSync(output)
      running.set(child, endSignal)
      const ended = once(child, 'exit').then(() => {
        running.delete(child)
        return child.exitCode
      })
      await once(child, 'spawn')
      const { pid } = child
      if (pid === undefined) throw new Error(`${command} has no pid`)
      return {
        pid,
        ended,
        isRunning: () => running.has(child),
        signal: (name) => void child.kill(name),
      }
    },

    /** Resolves when all have ended. */
    async end(): Promise<void> {
      while (running.size > 0) {
        endAll()
        await delay(50)
      }
      process.off('exit', endAll)
    },
  }
}

export type Children = ReturnType<typeof createChildren>
