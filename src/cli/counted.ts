/** `no problems`, `1 problem`, `2 problems` */
export function counted(number: number, what: string): string {
  return `${number === 0 ? 'no' : number} ${what}${number === 1 ? '' : 's'}`;
}
