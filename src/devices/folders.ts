/** The folders between /dev and a path, outermost first, without /dev itself: `/dev/bus`, `/dev/bus/usb`. */
export function foldersAbove(path: string): readonly string[] {
  const folders: string[] = [];
  for (let end = path.indexOf('/', '/dev/'.length); end > 0; end = path.indexOf('/', end + 1)) {
    folders.push(path.slice(0, end));
  }
  return folders;
}

/** The folder that something is in, of a path or a DEVPATH. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

export function isBelow(path: string, folder: string): boolean {
  return path.charCodeAt(folder.length) === SLASH && path.startsWith(folder);
}

const SLASH = 0x2f;
