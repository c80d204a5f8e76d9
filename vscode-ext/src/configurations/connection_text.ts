/** Parts of connection strings. */

/** A path or name as a value: with a comma or a quotation mark in it, it stands between quotation marks. */
export function quoted(value: string): string {
    return /[,"]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
