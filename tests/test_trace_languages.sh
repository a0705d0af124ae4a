#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the installed languages really print of programs that die, read by stk trace: the function that
# failed, why, and that it was a crash; and no line of a stack is left. Told: STK, TOP (tests/run.sh).
set -u
. "$TOP/tests/tap.sh"

# The newest frame's function and place, as "FUNCTION PLACE", and what happened.
newest() { # FILE
	"$STK" trace "$1" 2> "$dir/err" |
		awk '/^ *0  / { sub(/^ *0  /, ""); func = $0; getline; sub(/^ *at /, ""); sub(/.*\//, "");
			print func, $0; exit }'
}

# COMMAND prints a stack whose newest frame is FUNCTION PLACE, of MESSAGE; LINE is how its frames look.
dies() { # LANGUAGE TOOL FUNCTION PLACE MESSAGE LINE COMMAND...
	language=$1 tool=$2 want="$3 $4" message=$5 line=$6
	shift 6
	if ! command -v "$tool" > "$dir/path"; then
		skip "an error of $language" "$tool is not installed"
		return
	fi
	(cd "$dir" && ulimit -c 0 && timeout 120 "$@") > "$dir/out.txt" 2>&1 < /dev/null
	got=$(newest "$dir/out.txt")
	[ "$got" = "$want" ] || { echo "# got '$got', wanted '$want' of:"; sed 's/^/# /' "$dir/out.txt" | head -30; }
	[ "$got" = "$want" ]
	ok "$language: the function that failed and its place" $?
	"$STK" trace "$dir/out.txt" 2> "$dir/err" | head -1 | grep -qF "$message"
	ok "$language: why" $?
	"$STK" trace --fail-on crash "$dir/out.txt" > "$dir/stk" 2> "$dir/err"
	[ $? = 10 ] && [ ! -s "$dir/err" ]
	ok "$language: it is a crash, and nothing is missing" $?
	! "$STK" trace --passthrough "$dir/out.txt" 2> "$dir/err" | grep -E "$line"
	ok "$language: every frame is read" $?
}

cat > "$dir/a.py" << 'X'
def find(key):
    return {}[key]
def load(n):
    try: find("a b") if not n else load(n - 1)
    except KeyError as e: raise ValueError("cannot load") from e
load(9)
X
dies Python python3 load a.py:5 'ValueError: cannot load' '^  File "' python3 a.py

cat > "$dir/fault.py" << 'X'
import faulthandler, os, signal, threading
faulthandler.enable()
def work(): threading.Event().wait()
def crash(): os.kill(os.getpid(), signal.SIGSEGV)
threading.Thread(target=work, daemon=True).start()
crash()
X
(cd "$dir" && ulimit -c 0 && timeout 60 python3 fault.py > fault.txt 2>&1) 2> "$dir/err"
if command -v python3 > "$dir/path"; then
	"$STK" trace "$dir/fault.txt" > "$dir/stk" 2>&1
	grep -q ' killed by SIGSEGV' "$dir/stk" && grep -A1 '^0  crash$' "$dir/stk" | grep -q 'fault.py:4' &&
		grep -q '^[0-9] *work$' "$dir/stk"
	ok "faulthandler: the signal, the thread that died, the others" $?
else
	skip "faulthandler" "python3 is not installed"
fi

cat > "$dir/a.js" << 'X'
function find(key) { throw new TypeError(`not there: ${key}`) }
function load(n) { if (n) return load(n - 1); try { find('a') } catch (e) { throw new Error('cannot\nload', { cause: e }) } }
load(9)
X
dies JavaScript node find a.js:1 'TypeError: not there: a' '^ *at .*\(' node a.js

cat > "$dir/Main.java" << 'X'
public class Main {
  static void find(int n) { if (n == 0) throw new IllegalStateException("not there\nat all"); find(n - 1); }
  static void load() { try { find(3); } catch (RuntimeException e) { throw new RuntimeException("cannot load", e); } }
  public static void main(String[] a) { Runnable r = Main::load; r.run(); }
}
X
dies Java javac Main.find Main.java:2 'java.lang.IllegalStateException: not there at all' '^[[:blank:]]*at .*\(|Caused by: ' \
	sh -c 'javac Main.java && java -cp . Main'

cat > "$dir/Dead.java" << 'X'
public class Dead {
  static void both(Object x, Object y) { synchronized (x) { try { Thread.sleep(300); } catch (Exception e) { } synchronized (y) { } } }
  public static void main(String[] s) throws Exception {
    Object a = new Object(), b = new Object();
    for (Object[] p : new Object[][] { { a, b }, { b, a } }) { Thread t = new Thread(() -> both(p[0], p[1])); t.setDaemon(true); t.start(); }
    Thread.sleep(1500);
    new ProcessBuilder("jstack", "" + ProcessHandle.current().pid()).inheritIO().start().waitFor();
  }
}
X
if command -v javac > "$dir/path" && command -v jstack > "$dir/path" &&
	(cd "$dir" && javac Dead.java && timeout 60 java -cp . Dead) > "$dir/dead.txt" 2> "$dir/err"; then
	"$STK" trace --fail-on deadlock "$dir/dead.txt" > "$dir/stk" 2> "$dir/err"
	[ $? = 10 ] && [ ! -s "$dir/err" ]
	ok "jstack: the deadlock" $?
	[ "$(grep -c 'waits for java.lang.Object 0x[0-9a-f]*, held by "Thread-[01]"$' "$dir/stk")" = 2 ]
	ok "jstack: who waits for whom" $?
	[ "$(grep -c ' nid=' "$dir/dead.txt")" = "$(grep -c '^  Thread ' "$dir/stk")" ]
	ok "jstack: every thread" $?
else
	skip "jstack" "a JDK is not installed"
fi

cat > "$dir/a.php" << 'X'
<?php
function find($key) { throw new OutOfBoundsException("not there: $key"); }
function load() { try { array_map(fn($k) => find($k), ['a (b): c']); } catch (Exception $e) { throw new RuntimeException("cannot load", 1, $e); } }
load();
X
dies PHP php find a.php:2 'OutOfBoundsException: not there: a (b): c' '^#[0-9]' php -d display_errors=stderr -d log_errors=0 a.php

cat > "$dir/a.rb" << 'X'
def find(n) = n == 0 ? raise(KeyError, "not\nthere") : find(n - 1)
def load; find(3); rescue KeyError; raise "cannot load"; end
load
X
ruby=$(command -v ruby > "$dir/path" && ruby -e 'print RUBY_VERSION >= "3.4" ? "Object#find" : "find"')
dies Ruby ruby "${ruby:-find}" a.rb:1 'KeyError: not there' '^[[:blank:]]*from ' ruby a.rb

cat > "$dir/a.pl" << 'X'
use Carp;
sub find { Carp::confess("not there: $_[0]") }
sub load { eval { 1 }; find("a (b)", {}) }
load(1);
X
dies Perl perl main::find a.pl:2 'not there: a (b)' ' called at ' perl a.pl

cat > "$dir/a.lua" << 'X'
local function find(k) error("not there") end
function load(n) find(n) return n end
load(1)
X
lua=$(command -v lua5.4 || command -v lua || echo lua)
dies Lua "$lua" error '[C]' 'not there' '^[[:blank:]].*: in ' "$lua" a.lua

cat > "$dir/a.exs" << 'X'
defmodule Store do
  def find(0), do: raise ArgumentError, "not there"
  def find(n), do: find(n - 1) + 1
end
Store.find(3)
X
dies Elixir elixir Store.find/1 a.exs:2 'ArgumentError: not there' '^ +.*\.exs?:[0-9]+: ' elixir a.exs

cat > "$dir/e.erl" << 'X'
-module(e).
-export([main/0]).
find(0) -> erlang:error(badarith);
find(N) -> 1 + find(N - 1).
main() -> spawn(fun() -> find(3) end), timer:sleep(500).
X
dies Erlang erlc e:find/1 e.erl:3 'badarith' '^\{badarith' \
	sh -c 'erlc e.erl && erl -noshell -s e main -s init stop'

finish
