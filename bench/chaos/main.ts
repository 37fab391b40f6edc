import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readEnvironment } from '../engines/environment.js'
import { describeRun } from '../report/machine.js'
import { type Options, parseOptions } from './options.js'
import { writeReport } from './report/report.js'
import { runChaos } from './run.js'

/** The process: engines from scripts/bench.mjs, flags from whoever runs it; exit code 1 where a promise was broken. */

const VIOLATIONS_SHOWN = 10

async function main(): Promise<void> {
  const options = readOptions()
  if (options === undefined) return
  const interrupt = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupt.abort())
  await mkdir(options.logs, { recursive: true })
  await mkdir(options.out, { recursive: true })
  const result = await runChaos({
    options: { ...options, logs: resolve(options.logs), entry: resolve(options.entry) },
    ...readEnvironment(process.env),
    print: say,
    signal: interrupt.signal,
  })
  const run = await describeRun(`npm run chaos -- ${process.argv.slice(2).join(' ')}`)
  const files = await writeReport({ run, options, ...result })
  for (const { kind, text, chat, session, seq, rev, at } of result.violations.slice(0, VIOLATIONS_SHOWN))
    say(`${kind}: ${JSON.stringify({ at, chat, session, seq, rev })} ${text}`)
  say(`${result.figures.counts.acked} acked; ${summaryOf(result.counts)}; seed ${options.seed}`)
  for (const file of files) say(file)
  if (result.violations.length > 0) process.exitCode = 1
  if (interrupt.signal.aborted) process.exitCode = 130
}

function readOptions(): Options | undefined {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
    return undefined
  }
}

function summaryOf(counts: Readonly<Record<string, number>>): string {
  const list = Object.entries(counts).map(([kind, count]) => `${count} × ${kind}`)
  return list.length === 0 ? 'no promise was broken' : `VIOLATIONS: ${list.join(', ')}`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

await main()
