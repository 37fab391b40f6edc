// One TypeScript file to JavaScript, as the test run needs it: types are the compiler's own command, so each file
// is compiled alone, and kept under a name made of all that went in. npm ci clears node_modules, and the kept with it.
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './prepare.mjs'

const folder = join(root, 'node_modules/.cache/parley')
const settings = readFileSync(join(root, 'tsconfig.json'), 'utf8')
mkdirSync(folder, { recursive: true })

/** The JavaScript of the file at this path, with its source map in it. */
export async function compile(path) {
  const text = await readFile(path, 'utf8')
  const hash = createHash('sha256')
    .update(JSON.stringify([settings, path, text]))
    .digest('hex')
  const kept = join(folder, `${hash}.js`)
  return (await readFile(kept, 'utf8').catch(() => undefined)) ?? (await make(path, text, kept))
}

async function make(path, text, kept) {
  // Loading the compiler takes longer than all else here: not where everything is kept already.
  const { default: ts } = await import('typescript')
  const { compilerOptions } = ts.parseConfigFileTextToJson('tsconfig.json', settings).config
  const options = { ...compilerOptions, module: 'ESNext', moduleResolution: 'Bundler', inlineSourceMap: true }
  const { outputText } = ts.transpileModule(text, { fileName: path, compilerOptions: options })
  // Test files run side by side: none may read what another has half written.
  const draft = `${kept}.${randomUUID()}`
  await writeFile(draft, outputText)
  await rename(draft, kept)
  return outputText
}
