//! A server that answers as Trino did, or as a proxy before it does: enough HTTP for a client's requests, one at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    pub(crate) after: Duration,
}

impl Answered {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), after: Duration::ZERO }
    }

    pub(crate) fn page(page: &serde_json::Value) -> Self {
        Self::new(200, page.to_string())
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A server for as long as the test runs.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Recorded {
    /// Answers each request by `answer`, which is given its number, the request and the server.
    pub(crate) fn start(answer: impl Fn(usize, &Asked, &Self) -> Answered + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let answer = Arc::new(answer);
        let running = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (server, answer) = (running.clone(), answer.clone());
                std::thread::spawn(move || {
                    let stream = stream.unwrap();
                    let Some(asked) = request(&stream) else { return };
                    let number = {
                        let mut all = server.asked.lock().unwrap();
                        all.push(asked.clone());
                        all.len() - 1
                    };
                    respond(stream, &answer(number, &asked, &server));
                });
            }
        });
        server
    }

    /// Gives these answers, one after the other; a request too many fails.
    pub(crate) fn script(answers: impl Fn(&Self) -> Vec<Answered> + Send + Sync + 'static) -> Self {
        Self::start(move |number, _, server| {
            answers(server).get(number).cloned().unwrap_or_else(|| Answered::new(500, format!("request {number} was not expected")))
        })
    }

    /// The address of a page.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Method and path of what was asked so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.asked().iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect()
    }

    /// Waits until `request` was asked.
    pub(crate) fn wait_for(&self, request: &str) {
        let start = Instant::now();
        while !self.requests().iter().any(|asked| asked == request) {
            assert!(start.elapsed() < Duration::from_secs(20), "no `{request}` in {:?}", self.requests());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn request(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path, headers, body: String::from_utf8(body).unwrap() })
}

fn respond(mut stream: TcpStream, answer: &Answered) {
    std::thread::sleep(answer.after);
    let fixed = format!("HTTP/1.1 {} Recorded\r\nconnection: close\r\ncontent-length: {}\r\n", answer.status, answer.body.len());
    let headers: Vec<String> = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = fixed + &headers.concat();
    // The client may have gone.
    let _ = stream.write_all(format!("{head}\r\n{}", answer.body).as_bytes());
}
