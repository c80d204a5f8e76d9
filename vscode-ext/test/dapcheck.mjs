// Reads what dapcheck.py found in the sessions of a run.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A target is left in order before the adapter ends, and the report comes last. */
const TIME_LIMIT_MS = 15_000;

/**
 * The findings of all reports in `out`. `failed`: what the adapter broke; `warnings`: what either side did that is
 * legal and doubtful. Each with its rule, how often, and the first example.
 */
export async function findings(out) {
    await allWritten(out);
    const reports = fs
        .readdirSync(out)
        .filter((name) => /^dapcheck-\d+\.json$/.test(name))
        .map((name) => ({ name, ...JSON.parse(fs.readFileSync(path.join(out, name), "utf8")) }));
    const of = (test) =>
        reports.flatMap((report) =>
            report.findings
                .filter(test)
                .map((finding) => `${finding.rule} (${finding.by}, ${finding.count}x): ${finding.text}`),
        );
    const failed = of((finding) => finding.severity === "error" && finding.by === "adapter");
    failed.push(
        ...reports.filter((report) => report.verdict !== "pass").map((report) => `${report.name}: ${report.verdict}`),
    );
    return {
        sessions: reports.length,
        failed,
        warnings: of(
            (finding) => finding.severity === "warn" || (finding.severity === "error" && finding.by !== "adapter"),
        ),
    };
}

/** Waits until each trace has its report: VS Code ends before the adapter does. */
async function allWritten(out) {
    const end = Date.now() + TIME_LIMIT_MS;
    const missing = () =>
        fs
            .readdirSync(out)
            .filter((name) => name.endsWith(".jsonl"))
            .some((name) => !fs.existsSync(path.join(out, name.replace(/jsonl$/, "json"))));
    while (missing() && Date.now() < end) await sleep(100);
}
