import type { Children } from '../../engines/children.js'
import type { Postgres } from '../../engines/postgres.js'
import type { RedisServer } from '../../engines/redis.js'
import type { DialectName } from '../dialects/index.js'
import type { World } from './world.js'

export interface Surroundings {
  readonly children: Children
  readonly postgres: Postgres & { readonly folder: string }
  readonly redis: RedisServer
  /** Where logs go. */
  readonly folder: string
}

export interface ServerNode {
  readonly name: string
  readonly pid: number
  readonly host: string
  /** Of its WebSocket. */
  readonly port: number
  /** Where its REST doors are; absent where there are none. */
  readonly http?: string
}

/** A chat service that the generator can speak to. */
export interface System {
  /** For flags and comparisons: `parley`, `seed`, `by-hand`, `bare`. */
  readonly id: string
  /** For people. */
  readonly name: string
  readonly dialect: DialectName
  /** What it leaves out, for whoever reads the figures; absent for one that keeps and spreads every message. */
  readonly caveat?: string
  /** Nodes at most. */
  readonly mostNodes: number
  /** Which servers its messages go through. */
  readonly uses: { readonly postgres: boolean; readonly redis: boolean }
  /** Makes the world and starts the nodes on it. */
  start(
    surroundings: Surroundings,
    world: World,
    nodes: number,
    env?: Readonly<Record<string, string>>,
  ): Promise<Running>
}

export interface Running {
  readonly nodes: readonly ServerNode[]
  /** Ends the nodes. */
  end(): Promise<void>
}
