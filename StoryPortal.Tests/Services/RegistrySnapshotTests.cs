using System.Text;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceHub.Services.Watching;

namespace StoryPortal.Tests.Services;

/// <summary>Responses to watches are shared, and callers that choose many filters do not fill the memory of the hub.</summary>
public sealed class RegistrySnapshotTests
{
    [Fact]
    public void The_responses_of_many_filters_take_a_bounded_amount_of_memory()
    {
        var metadata = new RawJson(Encoding.UTF8.GetBytes($$"""{"large": "{{new string('x', 1024 * 1024)}}"}"""));
        var instance = new ServiceInstance("a", "http://a.example", null, ServiceStatus.Passing, 30, null, metadata, default);
        string[] tags = [.. Enumerable.Range(0, 100).Select(i => $"tag-{i}")];
        var snapshot = new RegistrySnapshot(new RegistryState(1, [new Service("a", null, null, null, tags, ServiceStatus.Passing, [instance])]));

        var length = snapshot.AnswerTo(default).Length;
        foreach (var tag in tags)
        {
            Assert.Equal(length, snapshot.AnswerTo(new WatchFilter(null, tag, null, null)).Length);
        }

        Assert.InRange(snapshot.CachedBytes, 1, RegistrySnapshot.MaxCachedBytes + (2 * length));
        Assert.Same(snapshot.AnswerTo(default), snapshot.AnswerTo(default));
        var first = new WatchFilter(null, tags[0], null, null);
        Assert.Same(snapshot.AnswerTo(first), snapshot.AnswerTo(first));
    }
}
