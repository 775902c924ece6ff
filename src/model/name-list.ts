/** Several names as one text. Each is escaped by itself: a name may have the comma that stands between them. */
export function nameList(names: readonly string[]): string {
  return names.map(encodeURIComponent).join(',');
}

export function namesIn(list: string): readonly string[] {
  return list.split(',').map(decoded);
}

// A command of another version escapes none, and has none to escape but this one.
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
