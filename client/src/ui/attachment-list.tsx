import type { Attachment } from '../protocol.js'
import type { OpenChat } from '../types.js'
import { FileCard } from './file-card.js'
import { isPicture, Picture } from './picture.js'

export interface AttachmentListProps {
  readonly chat: OpenChat
  readonly attachments: readonly Attachment[]
}

/** The files of a message: images as what they show, the others by name. */
export function AttachmentList({ chat, attachments }: AttachmentListProps) {
  const pictures = attachments.filter(isPicture)
  return (
    // biome-ignore lint/a11y/noRedundantRoles: Safari forgets that it is a list when it has no bullets
    <ul role="list" className="parley-attachments" data-grid={pictures.length > 1}>
      {attachments.map((file) => (
        <li key={file.id} data-testid="attachment">
          {isPicture(file) ? (
            <Picture chat={chat} file={file} isTile={pictures.length > 1} />
          ) : (
            <FileCard chat={chat} file={file} />
          )}
        </li>
      ))}
    </ul>
  )
}
