import { Socket } from 'node:net'
import { z } from 'zod'
import type { Upgrade } from '../socketio/owners.js'

/** What the supervisor and its workers tell each other over Node's own channel between them. */

/** The request for a WebSocket that was read by a worker whose session it is not; its socket comes with it. */
const upgrade: z.ZodType<Upgrade> = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())]).optional()),
  head: z.string(),
})

const toWorker = z.discriminatedUnion('type', [
  /** End in good order. */
  z.object({ type: z.literal('close') }),
  /** The doors between the workers, by worker: all of them, each time that one comes or goes. */
  z.object({ type: z.literal('doors'), secret: z.string(), ports: z.record(z.string(), z.number()) }),
  z.object({ type: z.literal('upgrade'), upgrade }),
  /** Asks for its metrics. */
  z.object({ type: z.literal('metrics'), ask: z.number() }),
])

const toSupervisor = z.discriminatedUnion('type', [
  /** All doors are open: the public ones, and the one for the other workers. */
  z.object({ type: z.literal('ready'), port: z.number(), wsPort: z.number(), doorPort: z.number() }),
  z.object({ type: z.literal('upgrade'), to: z.string(), upgrade }),
  /** One registry, as prom-client tells it. */
  z.object({
    type: z.literal('metrics'),
    ask: z.number(),
    metrics: z.array(z.custom<object>((value) => typeof value === 'object' && value !== null)),
  }),
])

export type ToWorker = z.infer<typeof toWorker>
export type ToSupervisor = z.infer<typeof toSupervisor>

/** Undefined for what is not one of ours: libraries talk on the same channel. */
export function readToWorker(message: unknown): ToWorker | undefined {
  return toWorker.safeParse(message).data
}

export function readToSupervisor(message: unknown): ToSupervisor | undefined {
  return toSupervisor.safeParse(message).data
}

/** What came with an `upgrade`; undefined when the client has gone meanwhile. */
export function asSocket(handle: unknown): Socket | undefined {
  return handle instanceof Socket ? handle : undefined
}
