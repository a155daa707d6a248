% upper: Erlang, a process for every connection. goroutine in Go is compared with it.
%
% A process reads, answers and reads again, as a goroutine does. It shares no memory with any other: an error ends it,
% and its socket with it, and nothing else. The database's connections are a process too, which lends them.
-module(upper).
-export([start/1]).

start([Port | Work]) ->
    {Wait, Slots} = work([atom_to_list(W) || W <- Work]),
    Lender = spawn(fun() -> lend(Slots) end),
    % region listen
    {ok, Listener} = gen_tcp:listen(list_to_integer(atom_to_list(Port)),
        [binary, {ip, {127, 0, 0, 1}}, {active, false}, {packet, raw}, {nodelay, true}, {reuseaddr, true},
         {backlog, 4096}, {buffer, 16384}, {exit_on_close, false}, {send_timeout, infinity}]),
    % endregion
    accept(Listener, Wait, Lender).

work([Wait, Slots]) -> {round(1000 * list_to_number(Wait)), list_to_integer(Slots)};
work(_) -> {0, 0}.

list_to_number(Text) ->
    case string:to_float(Text) of
        {error, _} -> list_to_integer(Text);
        {Number, _} -> Number
    end.

% region accept
accept(Listener, Wait, Lender) ->
    case gen_tcp:accept(Listener) of
        {ok, Client} ->
            % region dispatch
            Pid = spawn(fun() -> receive go -> serve(Client, Wait, Lender) end end),
            gen_tcp:controlling_process(Client, Pid),
            Pid ! go;
            % endregion
        {error, _} -> pause(5) % out of descriptors: try again later
    end,
    accept(Listener, Wait, Lender).
% endregion

% region read
serve(Client, Wait, Lender) ->
    case gen_tcp:recv(Client, 0) of
        {ok, Request} ->
            % region reply
            hold(Wait, Lender),
            Reply = << <<(ascii(B))>> || <<B>> <= Request >>,
            case gen_tcp:send(Client, Reply) of % waits while the client does not read
                ok -> serve(Client, Wait, Lender);
                {error, _} -> gen_tcp:close(Client)
            end;
            % endregion
        {error, _} -> gen_tcp:close(Client) % it has sent everything, and everything is answered
    end.
% endregion

% timer:sleep does the same, but its code is loaded from a file, for which there may be no descriptor.
pause(Milliseconds) -> receive after Milliseconds -> ok end.

ascii(B) when B >= $a, B =< $z -> B - 32;
ascii(B) -> B.

hold(0, _) -> ok;
hold(Wait, Lender) ->
    Lender ! {self(), borrow},
    receive lent -> ok end,
    pause(Wait),
    Lender ! back.

lend(0) -> receive {Pid, borrow} -> Pid ! lent, lend(0); back -> lend(0) end; % no bound
lend(Free) -> lend(Free, Free).
lend(0, All) -> receive back -> lend(1, All) end;
lend(Free, All) ->
    receive
        {Pid, borrow} -> Pid ! lent, lend(Free - 1, All);
        back -> lend(Free + 1, All)
    end.

% region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
