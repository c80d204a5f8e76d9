// Reads what dapcheck.py found in the sessions of a run.
import fs from "node:fs";
import path from "node:path";

/**
 * The findings of all reports in `out`. `failed`: what the adapter broke; `warnings`: what either side did that is
 * legal and doubtful. Each with its rule, how often, and the first example.
 */
export function findings(out) {
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
