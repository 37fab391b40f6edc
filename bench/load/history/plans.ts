import { z } from 'zod'

/** What Postgres has logged of how it ran its statements (auto_explain, as JSON). */

export interface PlanNode {
  readonly type: string
  /** The index or the table that it reads. */
  readonly reads: string | undefined
  readonly rows: number
  readonly loops: number
  /** Pages of 8 KiB, its children's included; `disk`: those that were in no buffer. */
  readonly pages: number
  readonly disk: number
  readonly ms: number
  readonly below: readonly PlanNode[]
}

export interface Statement {
  readonly text: string
  readonly times: number
  /** How it was run the last time. */
  readonly plan: PlanNode
}

interface Given {
  readonly 'Node Type': string
  readonly 'Index Name'?: string | undefined
  readonly 'Relation Name'?: string | undefined
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Actual Total Time'?: number | undefined
  readonly 'Shared Hit Blocks'?: number | undefined
  readonly 'Shared Read Blocks'?: number | undefined
  readonly Plans?: readonly Given[] | undefined
}

const given: z.ZodType<Given> = z.lazy(() =>
  z.object({
    'Node Type': z.string(),
    'Index Name': z.string().optional(),
    'Relation Name': z.string().optional(),
    'Actual Rows': z.number(),
    'Actual Loops': z.number(),
    'Actual Total Time': z.number().optional(),
    'Shared Hit Blocks': z.number().optional(),
    'Shared Read Blocks': z.number().optional(),
    Plans: z.array(given).optional(),
  }),
)
const logged = z.object({ 'Query Text': z.string(), Plan: given })

/** Lines that go on begin with a tab. */
const ENTRY = /duration: [\d.]+ ms {2}plan:\n((?:\t.*\n)+)/g

/** The statements in a piece of the log that were run at least so often: others' are rarer than those of our requests. */
export function readStatements(log: string, leastTimes: number): Statement[] {
  const found = new Map<string, Statement>()
  for (const [, body = ''] of log.matchAll(ENTRY)) {
    const { 'Query Text': text, Plan: plan } = logged.parse(JSON.parse(body))
    const times = (found.get(text)?.times ?? 0) + 1
    found.set(text, { text, times, plan: toNode(plan) })
  }
  return [...found.values()].filter(({ times }) => times >= leastTimes)
}

function toNode(node: Given): PlanNode {
  const disk = node['Shared Read Blocks'] ?? 0
  return {
    type: node['Node Type'],
    reads: node['Index Name'] ?? node['Relation Name'],
    rows: node['Actual Rows'],
    loops: node['Actual Loops'],
    pages: (node['Shared Hit Blocks'] ?? 0) + disk,
    disk,
    ms: node['Actual Total Time'] ?? 0,
    below: (node.Plans ?? []).map(toNode),
  }
}

/** A plan from its top, each step with how deep it lies. */
export function* steps(node: PlanNode, depth = 0): Generator<readonly [PlanNode, number]> {
  yield [node, depth]
  for (const below of node.below) yield* steps(below, depth + 1)
}

/** The ways by which it comes to the rows: what it reads, and how. */
export function accessOf(plan: PlanNode): string {
  const reading = [...steps(plan)].filter(([{ reads }]) => reads !== undefined)
  return [...new Set(reading.map(([{ type, reads }]) => `${type} ${reads}`))].join(', ')
}

/** Tables that are read from their beginning to their end. */
export function scanned(plan: PlanNode): string[] {
  return [...steps(plan)].flatMap(([{ type, reads }]) => (type === 'Seq Scan' ? [reads ?? ''] : []))
}
