/**
 * Writes changes as rows; one statement for each kind.
 */
import { printAddress } from '../base/index.ts'
import type { Change } from '../control/index.ts'
import type { Sqlite } from './database.ts'

/** @returns what writes one change; to be called inside a transaction */
export function changeWriter(db: Sqlite): (change: Change) => void {
  const putSetting = db.prepare('INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)')
  const putNode = db.prepare('INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const deleteNode = db.prepare('DELETE FROM node WHERE name = ?')
  const forgetHealth = db.prepare('DELETE FROM health WHERE node = ?')
  const putIntent = db.prepare('INSERT OR REPLACE INTO intent VALUES (?, ?, ?, ?, ?, ?)')
  const deleteIntent = db.prepare('DELETE FROM intent WHERE node = ?')
  const putWeight = db.prepare('INSERT OR REPLACE INTO weight VALUES (?, ?)')
  const deleteWeight = db.prepare('DELETE FROM weight WHERE node = ?')
  const putStandby = db.prepare('INSERT OR REPLACE INTO standby VALUES (?, ?)')
  const deleteStandby = db.prepare('DELETE FROM standby WHERE pool = ?')
  const putToken = db.prepare('INSERT OR REPLACE INTO token VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const deleteToken = db.prepare('DELETE FROM token WHERE id = ?')
  const putMark = db.prepare('INSERT OR REPLACE INTO mark VALUES (?, ?)')
  const deleteMark = db.prepare('DELETE FROM mark WHERE key = ?')
  return (change) => {
    switch (change.kind) {
      case 'generation':
        putSetting.run('generation', String(change.generation))
        return
      case 'put-node': {
        const { node } = change
        putNode.run(
          node.name,
          JSON.stringify(node.a.map(printAddress)),
          JSON.stringify(node.aaaa.map(printAddress)),
          node.site ?? null,
          node.weight,
          JSON.stringify(node.pools),
          node.by,
          Math.round(node.atMs),
          node.leaseMs ?? null,
          node.leaseUntilMs === undefined ? null : Math.round(node.leaseUntilMs),
        )
        return
      }
      case 'delete-node':
        deleteNode.run(change.node)
        return
      case 'forget-health':
        forgetHealth.run(change.node)
        return
      case 'intent': {
        const { intent } = change
        if (intent === undefined) deleteIntent.run(change.node)
        else
          putIntent.run(
            change.node,
            intent.kind,
            intent.reason ?? null,
            intent.author,
            Math.round(intent.sinceMs),
            intent.untilMs === undefined ? null : Math.round(intent.untilMs),
          )
        return
      }
      case 'weight':
        if (change.weight === undefined) deleteWeight.run(change.node)
        else putWeight.run(change.node, change.weight)
        return
      case 'standby':
        if (change.on === undefined) deleteStandby.run(change.pool)
        else putStandby.run(change.pool, change.on ? 1 : 0)
        return
      case 'put-token': {
        const { token } = change
        putToken.run(
          token.id,
          token.name,
          token.role,
          JSON.stringify(token.scope),
          token.hash,
          Math.round(token.createdMs),
          token.createdBy,
          token.expiresMs === undefined ? null : Math.round(token.expiresMs),
        )
        return
      }
      case 'delete-token':
        deleteToken.run(change.id)
        return
      case 'mark':
        if (change.value === undefined) deleteMark.run(change.key)
        else putMark.run(change.key, change.value)
        return
      default:
        change satisfies never
    }
  }
}
