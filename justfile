# What people do here. `just --list` shows it; nothing needs `just`: each recipe is one or two plain commands.

# Show the recipes
default:
    @just --list

# The dashboard on the embedded demo merchant
run *arguments:
    cargo run --release -- {{arguments}}

# A 4pay-compatible server alone, for example: just sandbox --dialect documented --quirk no-holder
sandbox *arguments:
    cargo run --release -- sandbox {{arguments}}

# The whole check of a pull request
check:
    .ci/run

# Debian packages that some tests use
packages:
    .ci/packages

# All tests
test *arguments:
    cargo test --locked {{arguments}}

# The tests that need no Linux desktop (what macOS runs); the one that is skipped reads /proc
test-portable:
    cargo test --locked --lib \
        --test acts --test client --test dashboard --test dependencies --test documents --test hooks \
        --test journeys --test layers --test readme --test sandbox --test session --test simulate \
        -- --skip without_a_terminal_it_has_a_session

# Links, rule ids and generated tables in the documents
documents:
    cargo test --locked --test documents --test readme

# Format
format:
    cargo fmt

# Lint
lint:
    cargo clippy --locked --all-targets -- -D warnings

# The sandbox against its own OpenAPI document
contract:
    .ci/contract

# The program against two servers that share no code with it
foreign:
    .ci/foreign

# Simulated worlds; one of them again: just simulate --seed 4711 --trace
simulate *arguments="--seeds 100000":
    cargo run --release --example simulate -- {{arguments}}

# Known faults put back, one at a time, and found
faults *names:
    tests/simulate/check-faults {{names}}

# Benchmarks
bench *arguments:
    cargo bench {{arguments}}

# The yardstick: the same rows drawn by ratatui alone
floor rows="100000":
    cargo run --release --example floor -- {{rows}}

# Pictures in screenshots/, from the real program
screenshots:
    cargo build --release
    cargo run --release --example screenshots

# The documentation of the code
doc:
    cargo doc --no-deps --open

# Licences, bans, sources and advisories (needs cargo-deny)
deny:
    cargo deny check
