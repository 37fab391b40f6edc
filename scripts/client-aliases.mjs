// Where the client's entries are in this repository: its source and not its package, so that what uses it is one build.
import { join } from 'node:path'
import { root } from './prepare.mjs'

const client = join(root, 'client/src')

/** For Vite's `resolve.alias`. */
export const clientAliases = [
  { find: /^parley$/, replacement: join(client, 'index.ts') },
  { find: /^parley\/(react|ui)$/, replacement: join(client, '$1/index.ts') },
  { find: /^parley\/ui\.css$/, replacement: join(client, 'ui/ui.css') },
]
