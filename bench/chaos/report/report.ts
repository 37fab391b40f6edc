import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunDescription } from '../../report/machine.js'
import type { Options } from '../options.js'
import type { RunResult } from '../run.js'
import { toHtml } from './html.js'

/** All that is told of a run; the same as JSON and as a page. */
export interface Report extends RunResult {
  readonly run: RunDescription
  readonly options: Options
}

/** Writes the report into the folder `out`. Gives the paths of its files. */
export async function writeReport(report: Report): Promise<string[]> {
  const { out } = report.options
  const json = join(out, 'chaos-report.json')
  const html = join(out, 'chaos-report.html')
  await writeFile(json, `${JSON.stringify(report, null, 1)}\n`)
  await writeFile(html, toHtml(report))
  return [html, json]
}
