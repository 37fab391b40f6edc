import { z } from 'zod'

/** A node of a plan, as EXPLAIN (FORMAT JSON) tells it. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string | undefined
  readonly 'Index Name'?: string | undefined
  readonly 'Index Cond'?: string | undefined
  readonly 'Actual Rows'?: number | undefined
  readonly 'Actual Loops'?: number | undefined
  readonly 'Rows Removed by Filter'?: number | undefined
  readonly 'Shared Hit Blocks'?: number | undefined
  readonly 'Shared Read Blocks'?: number | undefined
  readonly Plans?: readonly PlanNode[] | undefined
}

export const planNode: z.ZodType<PlanNode> = z.looseObject({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Index Name': z.string().optional(),
  'Index Cond': z.string().optional(),
  'Actual Rows': z.number().optional(),
  'Actual Loops': z.number().optional(),
  'Rows Removed by Filter': z.number().optional(),
  'Shared Hit Blocks': z.number().optional(),
  'Shared Read Blocks': z.number().optional(),
  get Plans() {
    return z.array(planNode).optional()
  },
})

/** The node and all below it. */
export function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
}

/** Pages that the plan has touched, in memory or not: each touch of a page counts. */
export function buffersOf(plan: PlanNode): number {
  // A CTE that only writes is run after the rest, and is not in the sum of the node above it.
  const writes = nodesOf(plan).filter((node) => node !== plan && node['Node Type'] === 'ModifyTable')
  return [plan, ...writes].reduce(
    (sum, node) => sum + (node['Shared Hit Blocks'] ?? 0) + (node['Shared Read Blocks'] ?? 0),
    0,
  )
}

/** How a table is reached: the kinds of scans, with their indexes. */
export function scansOf(plan: PlanNode, relation: string): string[] {
  return nodesOf(plan)
    .filter((node) => node['Relation Name'] === relation && node['Node Type'].includes('Scan'))
    .map((node) => `${node['Node Type']} ${node['Index Name'] ?? ''}`.trim())
}
