/** What settings say where a configuration says nothing. */

/** The settings, as the user wrote them: VS Code puts in the variables of what becomes part of a configuration. */
export interface Settings {
    readonly symbolPath: string;
    readonly imagePath: string;
    readonly sourceMap: Readonly<Record<string, string>>;
    readonly trace: string;
}

/** The configuration, completed. What it says itself stays as it is, `null` and empty texts included. */
export function fillIn<C extends Readonly<Record<string, unknown>>>(configuration: C, settings: Settings): C {
    const defaults: Record<string, unknown> = {};
    if (settings.symbolPath !== "") {
        defaults["symbolPath"] = settings.symbolPath;
    }
    if (settings.imagePath !== "") {
        defaults["imagePath"] = settings.imagePath;
    }
    if (Object.keys(settings.sourceMap).length > 0) {
        defaults["sourceMap"] = { ...settings.sourceMap };
    }
    if (settings.trace !== "off") {
        defaults["trace"] = settings.trace;
    }
    return { ...defaults, ...configuration };
}
