using Microsoft.AspNetCore.Http;
using StoryPortal.DataLayer.Caching;
using StoryPortal.ServiceHub.Http;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>A hit costs next to nothing: measured in bytes, which are the same on every machine.</summary>
public sealed class AllocationTests
{
    private const int Rounds = 10_000;

    [Fact]
    public async Task A_hit_allocates_less_than_a_kilobyte_from_the_key_to_the_socket()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = await CacheNode.StartAsync(redis.Address, options => options.SilenceMilliseconds = 30_000, timeoutMilliseconds: 30_000);
        var id = Guid.NewGuid();
        var table = new Table();
        table.Rows[id] = $$"""{"name": "{{new string('x', 500)}}"}""";
        var context = new DefaultHttpContext();
        context.Response.Body = Stream.Null;
        await AnswerAsync(); // loads it

        await AnswerAsync(); // makes what is made once
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            var answered = AnswerAsync();
            Assert.True(answered.IsCompletedSuccessfully); // on this thread, or the count would be of another
        }

        var allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
        Assert.InRange(allocated, 0, 1024);

        async Task AnswerAsync()
        {
            context.Response.Headers.Clear();
            var found = await node.Cache.GetAsync(CacheKey.Agent(id), (table, id), static (read, _) => read.table.ReadAsync(read.id), CancellationToken.None);
            await new CachedJson(found).ExecuteAsync(context);
        }
    }
}
