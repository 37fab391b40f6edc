import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { environment } from '../../src/environment.js'
import { root } from './dockerfile.js'

/** What deployments may set on a node, and what the defaults are that they count on. */

const contract = await readFile(join(root, 'docs/contract.md'), 'utf8')

/** Variables that a node reads. */
export function isVariable(name: string): boolean {
  return name in environment.shape || isPromised(name)
}

/** Of the contract's table: those of a part that is not here yet are ignored until it is. */
function isPromised(name: string): boolean {
  return new RegExp(`^\\| [^|]*\`${name}\``, 'm').test(contract)
}

export function defaultPort(name: 'PORT' | 'WS_PORT' | 'OPS_PORT'): number {
  return Number(new RegExp(`^\\| \`${name}\` \\| (\\d+) \\|`, 'm').exec(contract)?.[1])
}

/** Seconds that a node with this environment takes to send its sessions away. */
export function drainSeconds(env: Readonly<Record<string, unknown>>): number {
  return environment.shape.PARLEY_DRAIN_SECONDS.parse(env.PARLEY_DRAIN_SECONDS)
}
