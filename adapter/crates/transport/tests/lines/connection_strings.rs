//! Connection strings: what they mean, what is wrong with them, and that they can be had back.

use transport::{Connection, Endpoint, Problem, TRANSPORTS};

fn parse(text: &str) -> Connection {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn means(text: &str, endpoint: Endpoint) {
    assert_eq!(parse(text), Connection::new(endpoint), "{text}");
}

fn pipe(path: &str) -> Endpoint {
    Endpoint::Pipe { path: path.to_owned() }
}

fn socket(path: &str) -> Endpoint {
    Endpoint::UnixSocket { path: path.into() }
}

fn tcp(host: &str, port: u16) -> Endpoint {
    Endpoint::Tcp { host: host.to_owned(), port }
}

fn serial(port: &str, baud: u32) -> Endpoint {
    Endpoint::Serial { port: port.to_owned(), baud }
}

#[test]
fn the_windows_debuggers_strings_mean_what_they_mean_there() {
    means(r"com:pipe,port=\\.\pipe\kd", pipe(r"\\.\pipe\kd"));
    means(r"com:pipe,port=\\VMHost\pipe\com_1,resets=0", pipe(r"\\VMHost\pipe\com_1"));
    means(r"com:port=\\.\pipe\com_2,baud=11520,pipe", pipe(r"\\.\pipe\com_2"));
    means("com:port=COM1,baud=57600", serial("COM1", 57_600));
    means(r"com:port=\\.\com12,baud=115200", serial("com12", 115_200));
    means("com:ipport=4555,port=10.0.0.7", tcp("10.0.0.7", 4555));
    assert!(parse(r"com:pipe,port=\\.\pipe\kd,reconnect").reconnect);
    assert!(!parse(r"com:pipe,port=\\.\pipe\kd").reconnect);
}

#[test]
fn what_those_do_not_have_is_here_too() {
    means("unix:/tmp/kd.sock", socket("/tmp/kd.sock"));
    means("com:pipe,port=/tmp/kd.sock", socket("/tmp/kd.sock"));
    means("tcp:vm-3.example_lab:4555", tcp("vm-3.example_lab", 4555));
    means("tcp:[::1]:4555", tcp("::1", 4555));
    means("tcp:[fe80::1%eth0]:4555", tcp("fe80::1%eth0", 4555));
    means("com:port=/dev/ttyUSB0", serial("/dev/ttyUSB0", 115_200));
    means("replay:a.kdrec", Endpoint::Replay { path: "a.kdrec".into(), timed: false });
    means("replay:a.kdrec,timed", Endpoint::Replay { path: "a.kdrec".into(), timed: true });
    let recorded = parse("unix:/tmp/kd.sock,record=/tmp/a b.kdrec,reconnect");
    assert_eq!(recorded.record.as_deref(), Some("/tmp/a b.kdrec".as_ref()));
    assert!(recorded.reconnect);
}

#[test]
fn case_blanks_quotes_and_slashes_do_not_matter() {
    means(r" COM : Pipe , PORT = \\.\pipe\Kd , Baud = 115200", pipe(r"\\.\pipe\Kd"));
    means("com:pipe,port=//./pipe/kd", pipe(r"\\.\pipe\kd"));
    means(r#"unix:"/tmp/a,b ""c"".sock""#, socket(r#"/tmp/a,b "c".sock"#));
    means("unix:/tmp/a=b", socket("/tmp/a=b"));
}

#[test]
fn a_string_can_be_had_back() {
    let canonical = [
        r"com:pipe,port=\\.\pipe\kd",
        r"com:pipe,port=\\server\pipe\a b\c,reconnect",
        "com:port=COM1,baud=115200",
        "com:port=/dev/ttyS0,baud=9600,reconnect,record=x.kdrec",
        "unix:/tmp/kd.sock",
        r#"unix:"/tmp/a,b ""c"".sock",record=" x ""#,
        "tcp:host:4555,reconnect",
        "tcp:[fe80::1%eth0]:4555",
        "replay:a.kdrec,timed,record=b.kdrec",
    ];
    for text in canonical {
        assert_eq!(parse(text).to_string(), text);
    }
    assert_eq!(parse("com:ipport=1,port=::1").to_string(), "tcp:[::1]:1");
    assert_eq!(parse(r"com:baud=9600,port=//./pipe/x,pipe,resets=0").to_string(), r"com:pipe,port=\\.\pipe\x");
}

#[test]
fn every_form_that_is_offered_can_be_written() {
    for form in TRANSPORTS.iter().flat_map(|transport| transport.forms) {
        let text = form.replace("ipport=PORT", "ipport=4555").replace(":PORT", ":4555");
        parse(&text);
    }
}

/// `text` fails at `column` with these words in its message.
fn fails(text: &str, column: usize, words: &str) {
    let error = text.parse::<Connection>().expect_err(text);
    assert_eq!(error.column, column, "{text}: {error}");
    assert!(error.to_string().contains(words), "{text}: {error}");
}

#[test]
fn a_mistake_is_told_where_it_is_and_with_what_is_allowed() {
    fails("", 1, r"write com:pipe,port=\\.\pipe\NAME | ");
    fails("  pipe:x", 3, "`pipe` is no transport");
    fails(r"\\.\pipe\kd", 1, "is no transport");
    fails("com", 1, "is no transport");
    fails("com:", 5, "a key is missing");
    fails("com:pipe,", 10, "a key is missing");
    fails("com:pipe,,port=x", 10, "a key is missing");
    fails("com:pipe,prt=x", 10, "has no key `prt`; it has pipe, port, ipport, baud, resets, reconnect, record");
    fails("com:pipe,pipe", 10, "`pipe` is here twice");
    fails("com:pipe=1,port=x", 5, "`pipe` takes no value");
    fails("com:port,baud=1", 5, r"`port` needs a value, such as port=\\.\pipe\kd");
    fails("com:port=,baud=1", 5, "`port` needs a value");
    fails("com:port=COM1,baud=fast", 20, "`fast` is no number for `baud`: it takes 1 to 4294967295");
    fails("com:port=COM1,baud=0", 10, "`0` is no number for `baud`");
    fails("com:port=COM1,baud=99999999999", 20, "is no number");
    fails("com:pipe", 9, r"`port` is missing, such as com:pipe,port=\\.\pipe\kd");
    fails("com:baud=9600", 14, "such as com:port=COM1");
    fails("com:port=1", 10, "write COM1");
    fails(r"com:port=\\.\pipe\kd", 10, r"write com:pipe,port=\\.\pipe\kd");
    fails("com:pipe,port=kd", 15, r"write \\.\pipe\NAME");
    fails(r"com:pipe,port=\.\pipe\kd", 15, r"in JSON, each \ twice");
    fails(r"com:pipe,port=\\.\mailslot\kd", 15, "is no pipe");
    fails(r"com:pipe,port=\\.\pipe\", 15, "is no pipe");
    fails("com:pipe,ipport=1,port=x", 24, "exclude each other");
    fails("unix:", 6, "`unix:` needs an address, such as unix:/tmp/kd.sock");
    fails("replay:,timed", 8, "`replay:` needs an address");
    fails("unix:/x,timed", 9, "has no key `timed`; it has reconnect, record");
    fails("tcp:host", 5, "write tcp:HOST:PORT");
    fails("tcp:host:0", 5, "it takes 1 to 65535");
    fails("tcp:host:65536", 5, "`65536` is no number for `port`");
    fails("tcp::1", 5, "is no host name");
    fails("tcp:a b:1", 5, "is no host name");
    fails("tcp:::1:4555", 5, "[::1]:4555");
    fails("unix:\"/x", 6, "never closed");
    fails("unix:\"/x\"y", 10, "a comma must follow");
    fails("ünix:\"/x", 1, "is no transport");
    fails("unix:/ü,x", 9, "has no key `x`");
}

#[test]
fn transports_of_the_windows_debuggers_that_are_not_there_are_known() {
    fails("net:port=50000,key=1.2.3.4", 1, "`net:` (KDNET) isn't supported yet");
    fails("usb:targetname=x", 1, "isn't supported yet");
}

#[test]
fn an_endpoint_made_by_hand_is_checked_like_a_written_one() {
    assert_eq!(Endpoint::pipe("//./pipe/kd"), Ok(pipe(r"\\.\pipe\kd")));
    assert_eq!(Endpoint::pipe("kd"), Err(Problem::BadPipe { value: "kd".to_owned() }));
    assert_eq!(Endpoint::tcp("[::1]", 1), Ok(tcp("::1", 1)));
    assert_eq!(Endpoint::tcp("", 1), Err(Problem::BadHost { value: String::new() }));
    assert_eq!(Endpoint::tcp("1.2.3.4%eth0", 1), Err(Problem::BadHost { value: "1.2.3.4%eth0".to_owned() }));
}

#[test]
fn mutated_strings_fail_or_can_be_had_back() {
    let seeds = [
        r"com:pipe,port=\\.\pipe\kd,baud=115200,reconnect,record=x",
        "com:ipport=4555,port=::1",
        "tcp:[fe80::1%eth0]:4555,reconnect",
        r#"unix:"/tmp/a,b ""c"".sock",record="x""#,
        "replay:a.kdrec,timed,record=ü",
    ];
    let pieces: &[&[u8]] =
        &[b",", b"=", b":", b"\"", b"\"\"", b"\\\\", b"//", b" ", b"com:", b"pipe", b"port=", b"0", "ü".as_bytes()];
    let mut random = crate::random::Random(3);
    let mut good = 0;
    for number in 0..20_000 {
        let bytes = random.mutate(seeds[number % seeds.len()].as_bytes(), pieces);
        let text = String::from_utf8_lossy(&bytes);
        match text.parse::<Connection>() {
            Ok(connection) => {
                assert_eq!(connection.to_string().parse(), Ok(connection), "{text}");
                good += 1;
            }
            Err(error) => assert!((1..=text.chars().count() + 1).contains(&error.column), "{text}: {error}"),
        }
    }
    assert!((100..19_900).contains(&good), "{good} of 20000 were good: the mutations are no test");
}
