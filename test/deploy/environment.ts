import { environment } from '../../src/environment.js'

/** What deployments may set on a node, and what the defaults are that they count on. */

/** Whether a node reads it. */
export function isVariable(name: string): boolean {
  return name in environment.shape
}

export function defaultPort(name: 'PORT' | 'WS_PORT' | 'OPS_PORT'): number {
  return environment.shape[name].parse(undefined)
}

/** Seconds that a node with this environment takes to send its sessions away. */
export function drainSeconds(env: Readonly<Record<string, unknown>>): number {
  return environment.shape.PARLEY_DRAIN_SECONDS.parse(env.PARLEY_DRAIN_SECONDS)
}
