import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunDescription } from '../../report/machine.js'
import type { Outcome } from '../scenario.js'
import { toHtml } from './html.js'

/** All that is told of a run; as JSON and as a page. */
export interface Report extends Outcome {
  readonly run: RunDescription
  readonly options: object
}

/** Writes the report into the folder `out`. Gives the paths of its files. */
export async function writeReport(name: string, out: string, report: Report): Promise<string[]> {
  const json = join(out, `${name}.json`)
  const html = join(out, `${name}.html`)
  const { run, options, setting, targets, figures } = report
  await writeFile(json, `${JSON.stringify({ run, options, setting, targets, figures }, null, 1)}\n`)
  await writeFile(html, toHtml(report))
  return [html, json]
}
