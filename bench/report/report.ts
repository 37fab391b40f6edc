import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Page, toHtml } from './html.js'

/** Writes the same thing for people and for programs into the folder `out`. Gives the paths of its files. */
export async function writeReport(name: string, out: string, page: Page, data: object): Promise<string[]> {
  const json = join(out, `${name}.json`)
  const html = join(out, `${name}.html`)
  await writeFile(json, `${JSON.stringify(data, null, 1)}\n`)
  await writeFile(html, toHtml(page))
  return [html, json]
}
