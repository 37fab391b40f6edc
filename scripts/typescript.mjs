// node --import ./scripts/typescript.mjs x.ts: Node 20 learns TypeScript.
import { register } from 'node:module'

register('./typescript-hooks.mjs', import.meta.url)
