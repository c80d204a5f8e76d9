// Runs in VS Code's extension host: F5 (the workspace's launch.json has one configuration) to the first stop, over and over.
// Writes {"stopped": [ms…], "shown": [ms…]} to times.json in the workspace: until the adapter's `stopped` reached VS Code,
// and until a frame had the focus, which is when Variables and the editor fill.
const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");

exports.run = async () => {
    const workspace = vscode.workspace.workspaceFolders[0].uri.fsPath;
    const { type, runs } = JSON.parse(fs.readFileSync(path.join(workspace, "timing.json"), "utf8"));
    let stop;
    vscode.debug.registerDebugAdapterTrackerFactory(type, {
        createDebugAdapterTracker: () => ({
            onDidSendMessage: (message) => message.event === "stopped" && stop?.(performance.now()),
        }),
    });
    const times = { stopped: [], shown: [] };
    for (let run = 0; run < runs; run++) {
        const stopped = new Promise((resolve) => {
            stop = resolve;
        });
        const shown = once((listener) =>
            vscode.debug.onDidChangeActiveStackItem(
                (item) => item instanceof vscode.DebugStackFrame && listener(performance.now()),
            ),
        );
        const begin = performance.now();
        void vscode.commands.executeCommand("workbench.action.debug.start");
        times.stopped.push((await within(stopped, "a stopped event")) - begin);
        times.shown.push((await within(shown, "a focused frame")) - begin);
        const ended = once((listener) => vscode.debug.onDidTerminateDebugSession(listener));
        await vscode.debug.stopDebugging();
        await within(ended, "the end of the session");
        await new Promise((resolve) => setTimeout(resolve, 300));
    }
    fs.writeFileSync(path.join(workspace, "times.json"), JSON.stringify(times));
};

function once(subscribe) {
    return new Promise((resolve) => {
        const subscription = subscribe((value) => {
            subscription.dispose();
            resolve(value);
        });
    });
}

function within(promise, what) {
    return Promise.race([
        promise,
        new Promise((_, reject) => setTimeout(() => reject(new Error(`no ${what}`)), 30_000)),
    ]);
}
