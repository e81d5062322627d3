//! A load on a running server: `load ADDRESS recommend|fresh|events|batches|scattered|mixed CLIENTS SECONDS USERS`.
//!
//! Each client has one connection and sends a request once the last is answered. `fresh` sends an event and then asks for a
//! list, so that no list is kept, and times the list alone; `batches` sends 100 events of a user a request, `scattered` 100
//! events of different users on different items; `mixed` is lists, events, batches, tried histories and pages in turn. Any
//! answer but 200 ends the load. The memory of the server stands beside, twenty times over the whole.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, what, clients, seconds, users] = &args[..] else {
        panic!("ADDRESS WHAT CLIENTS SECONDS USERS");
    };
    let number = |text: &String| text.parse::<u64>().expect("a whole number");
    let (clients, seconds, users) = (number(clients), number(seconds), number(users));
    let begin = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|client| {
            let (address, what) = (address.clone(), what.clone());
            std::thread::spawn(move || {
                let until = begin + Duration::from_secs(seconds);
                run(&address, &what, (client, users), until)
            })
        })
        .collect();
    let until = begin + Duration::from_secs(seconds);
    while what == "mixed" && Instant::now() < until {
        std::thread::sleep(Duration::from_secs(seconds) / 20);
        let after = begin.elapsed().as_secs();
        print(&format!("{after} s: {}\n", memory(address)));
    }
    let mut times: Vec<Duration> = threads
        .into_iter()
        .flat_map(|thread| thread.join().expect("a client does not panic"))
        .collect();
    let took = begin.elapsed().as_secs_f64();
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    let line = format!(
        "{what}: {:.0} a second, median {:?}, p99 {:?}, {} requests\n",
        times.len() as f64 / took,
        at(50),
        at(99),
        times.len()
    );
    print(&line);
}

fn print(line: &str) {
    std::io::stdout()
        .write_all(line.as_bytes())
        .expect("somewhere to print");
}

/// What the server says of its memory and of its events.
fn memory(address: &str) -> String {
    let stream = TcpStream::connect(address).expect("a server");
    let request = ("GET", "/api/v1/stats".to_owned(), String::new());
    let body = send(&mut BufReader::new(stream), &request);
    let number = |name: &str| {
        let rest = body.split(&format!("\"{name}\":")).nth(1).unwrap_or("0");
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().unwrap_or(0)
    };
    let (resident, events) = (number("resident_bytes"), number("events"));
    format!("{:.1} MiB, {events} events", resident as f64 / 1_048_576.0)
}

/// The state of a generator from which numbers are drawn (Steele et al., 2014, `SplitMix64`).
struct Draws(u64);

impl Draws {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

fn run(address: &str, what: &str, (client, users): (u64, u64), until: Instant) -> Vec<Duration> {
    let stream = TcpStream::connect(address).expect("a server");
    stream.set_nodelay(true).expect("a socket");
    let mut stream = BufReader::new(stream);
    let (mut times, mut n) = (Vec::new(), client * 1_000_003);
    // A client's ids are its own in this run.
    let run = std::process::id();
    let mut draws = Draws(u64::from(run) << 32 | client);
    while Instant::now() < until {
        n += 1;
        let user = n.wrapping_mul(2_654_435_761) % users + 1;
        let event = |n: u64, item: u64| {
            format!(
                r#"{{"FeedbackType":"k{}","UserId":"{user}","ItemId":"{item}"}}"#,
                (u64::from(run) + n / 4000) % 200
            )
        };
        let list = ("GET", format!("/api/recommend/{user}?n=10"), String::new());
        let post = |body: String| ("POST", "/api/feedback".to_owned(), body);
        let request = match what {
            "recommend" => list,
            "fresh" => {
                send(&mut stream, &post(format!("[{}]", event(n, n % 3000 + 1))));
                list
            }
            "events" => post(format!("[{}]", event(n, n % 3000 + 1))),
            "batches" => {
                let events = (0..100).map(|at| event(n, (n * 100 + at) % 3000 + 1));
                post(format!("[{}]", events.collect::<Vec<_>>().join(",")))
            }
            "scattered" => post(scattered(&mut draws, users, 100)),
            "mixed" => match n % 8 {
                0..4 => list,
                4 => post(format!("[{}]", event(n, n % 3000 + 1))),
                5 => post(scattered(&mut draws, users, 20)),
                6 => {
                    let body = format!(
                        r#"{{"history":["{}","{}"],"n":10}}"#,
                        n % 3000 + 1,
                        n % 7 + 1
                    );
                    ("POST", "/api/v1/recommend".to_owned(), body)
                }
                _ => ("GET", "/api/items?n=20".to_owned(), String::new()),
            },
            other => panic!("there is no load `{other}`"),
        };
        let begin = Instant::now();
        send(&mut stream, &request);
        times.push(begin.elapsed());
    }
    times
}

/// Events of users and on items drawn at random.
fn scattered(draws: &mut Draws, users: u64, count: usize) -> String {
    let events = (0..count).map(|_| {
        let (user, item) = (draws.below(users) + 1, draws.below(3000) + 1);
        format!(r#"{{"FeedbackType":"like","UserId":"{user}","ItemId":"{item}"}}"#)
    });
    format!("[{}]", events.collect::<Vec<_>>().join(","))
}

/// Sends a request and reads its answer, which has to be a success.
fn send(
    stream: &mut BufReader<TcpStream>,
    (method, path, body): &(&str, String, String),
) -> String {
    let length = body.len();
    let text =
        format!("{method} {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{body}");
    stream
        .get_mut()
        .write_all(text.as_bytes())
        .expect("the server listens");
    let (mut line, mut length) = (String::new(), 0);
    stream.read_line(&mut line).expect("an answer");
    assert!(line.contains(" 200 "), "{line}");
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).expect("an answer");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("a whole answer");
    String::from_utf8(body).expect("JSON")
}
