/** Cuts a stream of chunks into lines; what follows the last newline waits for the next chunk. */
export function lineSplitter(line: (text: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) line(text);
  };
}
