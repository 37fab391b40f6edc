// Node's hooks for modules. A module keeps the address of its .ts file: stacks and import.meta.url tell that one.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compile } from './compile.mjs'

export async function resolve(specifier, context, next) {
  const source = sourceOf(specifier, context.parentURL)
  return source ? { url: source.href, format: 'module', shortCircuit: true } : await next(specifier, context)
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return await next(url, context)
  return { source: await compile(fileURLToPath(url)), format: 'module', shortCircuit: true }
}

/** TypeScript imports `./x.js` and means the `./x.ts` beside it. */
function sourceOf(specifier, parent) {
  if (!specifier.startsWith('.') || !specifier.endsWith('.js') || !parent?.endsWith('.ts')) return undefined
  const source = new URL(specifier.replace(/\.js$/, '.ts'), parent)
  return existsSync(source) ? source : undefined
}
