import type { AuditQuery, AuditRow } from '../store/audit.js'
import type { AuditAction } from '../store/schema.js'
import type { Store } from '../store/store.js'

export const AUDIT_ACTIONS = [
  'export_requested',
  'export_finished',
  'erasure_requested',
  'erasure_finished',
] as const satisfies readonly AuditAction[]

export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly actor: string
  readonly action: AuditAction
  readonly userId: string
  readonly detail: Record<string, unknown>
}

export interface AuditList {
  readonly entries: AuditEntry[]
  readonly total: number
  /** The last entry of this page when there are more; else null. */
  readonly next: { readonly at: string; readonly id: string } | null
}

/** The audit is read; what writes to it are the things that are in it (exports.ts, erasure.ts). */
export function createAudit(store: Store) {
  return {
    async list(query: AuditQuery): Promise<AuditList> {
      // One more than asked for tells that there are more.
      const [rows, total] = await Promise.all([
        store.audit.list({ ...query, limit: query.limit + 1 }),
        store.audit.count(query),
      ])
      const entries = rows.slice(0, query.limit).map(toEntry)
      const last = rows.length > query.limit ? entries.at(-1) : undefined
      return { entries, total, next: last === undefined ? null : { at: last.at, id: last.id } }
    },
  }
}

export type Audit = ReturnType<typeof createAudit>

function toEntry({ id, at, actor, action, user_id: userId, detail }: AuditRow): AuditEntry {
  return { id, at: at.toISOString(), actor, action, userId, detail }
}
