using Npgsql;
using StoryPortal.DataLayer.ApiKeys;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>A key is never changed without the event that tells of it.</summary>
[Collection(SharedSystem.Name)]
public sealed class AuditTests(StoryPortalSystem system)
{
    private const string Events = "SELECT type FROM mcp_documents.events ORDER BY seq";

    [Fact]
    public async Task What_cannot_be_told_is_not_done()
    {
        await using var database = await OwnDatabase.WithTablesAsync(system);
        var store = new ApiKeyStore(database.Queries);
        var (key, hash) = (Key(), KeyHash.Of(ApiKeyFormat.Create()));
        await store.InsertAsync(key, hash, Event("made"), CancellationToken.None);
        Assert.Equal(["made"], await database.TextsAsync(Events));

        await database.RunAsync("ALTER TABLE mcp_documents.events ADD CONSTRAINT full_disk CHECK (type <> 'untold') NOT VALID");
        var (other, otherHash) = (Key(), KeyHash.Of(ApiKeyFormat.Create()));
        await Assert.ThrowsAsync<PostgresException>(() => store.InsertAsync(other, otherHash, Event("untold"), CancellationToken.None));
        await Assert.ThrowsAsync<PostgresException>(() => store.RotateAsync(key.Id, otherHash, Event("untold"), CancellationToken.None));
        await Assert.ThrowsAsync<PostgresException>(() => store.RevokeAsync(key.Id, Event("untold"), CancellationToken.None));
        Assert.Null(await store.GetAsync(other.Id, CancellationToken.None));
        Assert.Equal(key.Id, (await store.FindAsync(hash, CancellationToken.None))?.Id); // neither rotated nor revoked
        Assert.Equal(["made"], await database.TextsAsync(Events));
    }

    [Fact]
    public async Task What_was_not_done_is_not_told()
    {
        await using var database = await OwnDatabase.WithTablesAsync(system);
        var store = new ApiKeyStore(database.Queries);
        Assert.Null(await store.RevokeAsync(Guid.NewGuid(), Event("revoked"), CancellationToken.None));
        Assert.Null(await store.RotateAsync(Guid.NewGuid(), KeyHash.Of(ApiKeyFormat.Create()), Event("rotated"), CancellationToken.None));
        Assert.Empty(await database.TextsAsync(Events));
    }

    private static ApiKey Key() => new() { Id = Guid.NewGuid(), Name = "key", Scopes = [Scope.Read], CreatedAt = DateTimeOffset.UtcNow };

    private static Event Event(string type) => new()
    {
        Id = Guid.NewGuid(),
        Type = type,
        Timestamp = DateTimeOffset.UtcNow,
        ReceivedAt = DateTimeOffset.UtcNow,
        Payload = new RawJson("{}"u8.ToArray()),
    };
}
