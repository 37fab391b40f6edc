import { useState } from 'react'
import type { Attachment } from '../protocol.js'
import type { OpenChat } from '../types.js'
import { FileCard } from './file-card.js'
import { openFile } from './open-file.js'
import { useUi } from './parley-ui.js'
import { previewOf } from './previews.js'
import { useThumbnail } from './use-thumbnail.js'

interface KnownPicture extends Attachment {
  width: number
  height: number
}

const LONGEST_SIDE_PX = 260
/** Less of an image could be neither recognised nor hit. */
const SHORTEST_SIDE_PX = 56

export interface PictureProps {
  readonly chat: OpenChat
  readonly file: KnownPicture
  /** One of several: all are squares of the same size. */
  readonly isTile: boolean
}

/** An image whose place is free before anything of it is loaded. What cannot be shown is a card. */
export function Picture({ chat, file, isTile }: PictureProps) {
  const { labels } = useUi()
  // Not every image is one that this browser can show.
  const [isPreviewBroken, setIsPreviewBroken] = useState(false)
  const preview = isPreviewBroken ? undefined : previewOf(file.id)
  const { box, source, hasFailed, onError } = useThumbnail(chat, file.id, preview === undefined)
  const [isLoaded, setIsLoaded] = useState(false)
  if (hasFailed) return <FileCard chat={chat} file={file} />
  const [width, height] = sizeOf(file)
  const src = preview ?? source
  return (
    <button
      ref={box}
      type="button"
      className="parley-picture"
      data-testid="picture"
      data-loaded={isLoaded}
      style={isTile ? undefined : { inlineSize: width, aspectRatio: `${width} / ${height}` }}
      title={file.name}
      aria-label={labels.openFile(file.name)}
      onClick={() => openFile(chat, file.id, () => undefined)}
    >
      {src !== undefined && (
        <img
          src={src}
          alt={file.name}
          onLoad={() => setIsLoaded(true)}
          onError={preview === undefined ? onError : () => setIsPreviewBroken(true)}
        />
      )}
    </button>
  )
}

/** An image that the server could look into. */
export function isPicture(file: Attachment): file is KnownPicture {
  return file.mime.startsWith('image/') && Boolean(file.width) && Boolean(file.height)
}

/** In CSS pixels: as large as the image itself where that fits. */
function sizeOf({ width, height }: KnownPicture): [number, number] {
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(width, height))
  const side = (pixels: number) => Math.max(SHORTEST_SIDE_PX, Math.round(pixels * scale))
  return [side(width), side(height)]
}
