using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using StoryPortal.Gateway.Proxy.Http2;

namespace StoryPortal.Tests.Gateway.Http2;

/// <summary>What the gateway makes of what a hub says, frame by frame.</summary>
public sealed class HubConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Answers_come_in_any_order_and_in_parts()
    {
        await using var hub = await ScriptedHub.StartAsync();
        var (first, second) = (Send(hub), Send(hub));
        Assert.Equal((1, 3), ((await hub.HearAsync()).Frame.Stream, (await hub.HearAsync()).Frame.Stream));

        await hub.SayAsync(
            (FrameType.Headers, FrameFlags.EndHeaders, 3, [ScriptedHub.Ok]),
            (FrameType.Headers, FrameFlags.EndHeaders, 1, [0x8D]),
            (FrameType.Data, FrameFlags.None, 1, "fir"u8.ToArray()),
            (FrameType.Data, FrameFlags.EndStream, 3, "second"u8.ToArray()),
            (FrameType.Data, FrameFlags.EndStream, 1, "st"u8.ToArray()));
        Assert.Equal((404, "first", CallEnd.None), await AnswerAsync(first));
        Assert.Equal((200, "second", CallEnd.None), await AnswerAsync(second));
    }

    [Fact]
    public async Task Padding_priorities_and_continuations_are_only_wrapping()
    {
        await using var hub = await ScriptedHub.StartAsync();
        var call = Send(hub);
        await hub.SayAsync(
            (FrameType.Headers, FrameFlags.Padded | FrameFlags.Priority, 1, [2, 0, 0, 0, 0, 16, ScriptedHub.Ok, 0x00, 1, 0, 0]),
            (FrameType.Continuation, FrameFlags.None, 1, [(byte)'x']),
            (FrameType.Continuation, FrameFlags.EndHeaders, 1, [1, (byte)'y']),
            (FrameType.Data, FrameFlags.Padded | FrameFlags.EndStream, 1, [3, (byte)'o', (byte)'k', 0, 0, 0]));
        Assert.Equal((200, "ok", CallEnd.None), await AnswerAsync(call));
    }

    [Fact]
    public async Task What_comes_before_and_after_an_answer_is_not_the_answer()
    {
        await using var hub = await ScriptedHub.StartAsync();
        var call = Send(hub);
        await hub.SayAsync(
            (FrameType.Headers, FrameFlags.EndHeaders, 1, [0x08, 3, .. "103"u8]),
            (FrameType.Headers, FrameFlags.EndHeaders, 1, [ScriptedHub.Ok]),
            (FrameType.Data, FrameFlags.None, 1, "body"u8.ToArray()),
            (FrameType.Headers, FrameFlags.EndHeaders | FrameFlags.EndStream, 1, [0x00, 1, (byte)'t', 1, (byte)'1']));
        Assert.Equal((200, "body", CallEnd.None), await AnswerAsync(call));
    }

    [Fact]
    public async Task A_ping_and_settings_are_answered_and_as_many_requests_sent_as_the_hub_allows()
    {
        await using var hub = await ScriptedHub.StartAsync();
        byte[] ping = [1, 2, 3, 4, 5, 6, 7, 8];
        await hub.SayAsync((FrameType.Ping, FrameFlags.None, 0, ping), (FrameType.Settings, FrameFlags.None, 0, [0, 3, 0, 0, 0, 1]));
        var (pong, payload) = await hub.HearAsync();
        Assert.Equal((FrameType.Ping, Frame.Acknowledged), (pong.Type, pong.Flags));
        Assert.Equal(ping, payload);
        Assert.Equal(new Frame(0, FrameType.Settings, Frame.Acknowledged, 0), (await hub.HearAsync()).Frame);

        var call = Send(hub);
        Assert.Null(hub.Connection.TrySend([0x82], Patience));
        await hub.SayAsync((FrameType.Headers, FrameFlags.EndHeaders | FrameFlags.EndStream, 1, [ScriptedHub.Ok]));
        Assert.Equal((200, "", CallEnd.None), await AnswerAsync(call));
        Assert.NotNull(hub.Connection.TrySend([0x82], Patience));
    }

    [Fact]
    public async Task A_hub_that_goes_away_says_what_it_has_not_begun()
    {
        await using var hub = await ScriptedHub.StartAsync();
        var (taken, notTaken) = (Send(hub), Send(hub));
        await hub.SayAsync((FrameType.GoAway, FrameFlags.None, 0, [0, 0, 0, 1, 0, 0, 0, 0]));
        Assert.Equal(CallEnd.NotTaken, (await AnswerAsync(notTaken)).End);
        Assert.True(hub.Connection.IsClosed);
        Assert.Null(hub.Connection.TrySend([0x82], Patience));

        await hub.SayAsync((FrameType.Headers, FrameFlags.EndHeaders | FrameFlags.EndStream, 1, [ScriptedHub.Ok]));
        Assert.Equal((200, "", CallEnd.None), await AnswerAsync(taken));
    }

    [Theory]
    [InlineData(7, CallEnd.NotTaken)]
    [InlineData(2, CallEnd.Broken)]
    internal async Task A_hub_that_resets_a_request_has_refused_or_broken_it(byte code, CallEnd expected)
    {
        await using var hub = await ScriptedHub.StartAsync();
        var call = Send(hub);
        await hub.SayAsync((FrameType.Reset, FrameFlags.None, 1, [0, 0, 0, code]));
        Assert.Equal(expected, (await AnswerAsync(call)).End);
    }

    [Fact]
    public async Task A_connection_that_breaks_breaks_what_is_open()
    {
        await using var hub = await ScriptedHub.StartAsync();
        var call = Send(hub);
        await hub.SayAsync((FrameType.Headers, FrameFlags.EndHeaders, 1, [ScriptedHub.Ok]), (FrameType.Data, FrameFlags.None, 1, "half"u8.ToArray()));
        hub.Leave();
        Assert.Equal(CallEnd.Broken, (await AnswerAsync(call)).End);
        Assert.True(hub.Connection.IsClosed);
    }

    [Theory]
    [InlineData(FrameType.PushPromise, 1)]
    [InlineData(FrameType.Continuation, 1)]
    [InlineData(FrameType.GoAway, 0)]
    [InlineData(FrameType.Reset, 1)]
    internal async Task A_hub_that_does_not_keep_to_the_protocol_is_not_heard_any_longer(FrameType type, int stream)
    {
        await using var hub = await ScriptedHub.StartAsync();
        var (call, other) = (Send(hub), Send(hub));
        await hub.SayAsync((FrameType.Headers, FrameFlags.EndHeaders | FrameFlags.EndStream, 3, [ScriptedHub.Ok]), (type, FrameFlags.EndHeaders, stream, [0]));
        Assert.Equal((200, "", CallEnd.None), await AnswerAsync(other)); // what it said before counts
        Assert.Equal(CallEnd.Broken, (await AnswerAsync(call)).End);
    }

    [Fact]
    public async Task Whoever_leaves_is_taken_back_from_the_hub_and_what_still_comes_for_him_is_dropped()
    {
        await using var hub = await ScriptedHub.StartAsync();
        var (left, other) = (Send(hub), Send(hub));
        await hub.HearAsync();
        await hub.HearAsync();
        left.Leave();
        var (reset, code) = await hub.HearAsync();
        Assert.Equal((FrameType.Reset, 1, 8), (reset.Type, reset.Stream, code[3]));
        Assert.Equal(CallEnd.Left, (await AnswerAsync(left)).End);

        await hub.SayAsync(
            (FrameType.Headers, FrameFlags.EndHeaders, 1, [ScriptedHub.Ok]),
            (FrameType.Data, FrameFlags.EndStream, 1, "late"u8.ToArray()),
            (FrameType.Headers, FrameFlags.EndHeaders | FrameFlags.EndStream, 3, [ScriptedHub.Ok]));
        Assert.Equal((200, "", CallEnd.None), await AnswerAsync(other));
    }

    [Fact]
    public async Task A_connection_that_is_let_go_takes_no_more_and_ends_with_its_last_answer()
    {
        await using var hub = await ScriptedHub.StartAsync();
        var (call, left) = (Send(hub), Send(hub));
        await hub.HearAsync();
        await hub.HearAsync();
        hub.Connection.Retire();
        Assert.Null(hub.Connection.TrySend([0x82], Patience));

        left.Leave();
        await hub.HearAsync();
        await hub.SayAsync((FrameType.Headers, FrameFlags.EndHeaders | FrameFlags.EndStream, 1, [ScriptedHub.Ok]));
        Assert.Equal((200, "", CallEnd.None), await AnswerAsync(call));
        await hub.HearEndAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_is_let_go_ends_when_nobody_waits_on_it(bool hasCall)
    {
        await using var hub = await ScriptedHub.StartAsync();
        var call = hasCall ? Send(hub) : null;
        hub.Connection.Retire();
        call?.Leave();
        await hub.HearEndAsync();
    }

    [Fact]
    public async Task A_silent_hub_is_asked_whether_it_is_there_and_given_up_when_it_does_not_say()
    {
        var time = new FakeTimeProvider();
        await using var hub = await ScriptedHub.StartAsync(time);
        var call = Send(hub);
        await hub.HearAsync();
        Advance(time, 3);
        Assert.Equal(FrameType.Ping, (await hub.HearAsync()).Frame.Type);
        Assert.False(hub.Connection.IsClosed);
        Advance(time, 10);
        Assert.Equal(CallEnd.Broken, (await AnswerAsync(call)).End);
    }

    [Fact]
    public async Task A_request_ends_when_its_hub_says_nothing_of_it_for_longer_than_its_route_allows()
    {
        var time = new FakeTimeProvider();
        await using var hub = await ScriptedHub.StartAsync(time);
        var call = hub.Connection.TrySend([0x82], TimeSpan.FromSeconds(2))!;
        await hub.HearAsync();
        Advance(time, 5);
        Assert.Equal(CallEnd.TimedOut, (await AnswerAsync(call)).End);
    }

    [Fact]
    public async Task A_caller_makes_room_for_more_by_taking_what_is_there()
    {
        await using var hub = await ScriptedHub.StartAsync();
        var call = Send(hub);
        await hub.HearAsync();
        await hub.SayAsync((FrameType.Headers, FrameFlags.EndHeaders, 1, [ScriptedHub.Ok]), (FrameType.Data, FrameFlags.None, 1, new byte[16_000]));
        while (true)
        {
            await call.WaitAsync();
            var part = call.Take();
            part.Return();
            if (part.Length > part.HeaderLength)
            {
                call.Return(part.Length - part.HeaderLength);
                break;
            }
        }

        var (room, bytes) = await hub.HearAsync();
        Assert.Equal((FrameType.WindowUpdate, 1), (room.Type, room.Stream));
        Assert.Equal(16_000, (bytes[2] << 8) | bytes[3]);
    }

    private static HubCall Send(ScriptedHub hub) => hub.Connection.TrySend([0x82], Patience)!;

    private static void Advance(FakeTimeProvider time, int beats)
    {
        for (var beat = 0; beat < beats; beat++)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
        }
    }

    private static async Task<(int Status, string Body, CallEnd End)> AnswerAsync(HubCall call)
    {
        var (status, body) = (0, new StringBuilder());
        while (true)
        {
            await call.WaitAsync().AsTask().WaitAsync(Patience);
            var part = call.Take();
            if (part.HasHeaders)
            {
                status = HeaderReader.Read(part.Headers, new HeaderDictionary());
            }

            body.Append(Encoding.ASCII.GetString(part.Body));
            part.Return();
            if (part.IsComplete)
            {
                return (status, body.ToString(), part.End);
            }
        }
    }
}
