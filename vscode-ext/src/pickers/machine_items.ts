/** Lines of virtual machines as items of a list. */

import * as vscode from "vscode";
import { findMachines } from "./find_machines";
import { findPipes } from "./find_pipes";

/** An item, and what it stands for. */
export interface MachineItem extends vscode.QuickPickItem {
    /** As a connection string says it. */
    readonly connection: string;
    /** The pipe or the socket's file, if it is one. */
    readonly path?: string;
}

/** Every line that a virtual machine serves here; on Windows all pipes, since they don't say whose they are. */
export async function machineItems(): Promise<MachineItem[]> {
    const [machines, pipes] = await Promise.all([findMachines(), process.platform === "win32" ? findPipes() : []]);
    const lines = machines.map(({ connection, socket, machine, pid }): MachineItem => {
        const description = pid === 0 ? machine : `${machine}, process ${pid}`;
        const item = { label: `$(vm) ${socket ?? connection}`, description, connection };
        return socket === undefined ? item : { ...item, path: socket };
    });
    const named = pipes.map((path): MachineItem => {
        return { label: `$(plug) ${path}`, connection: `com:pipe,port=${path}`, path };
    });
    return [...lines, ...named];
}
