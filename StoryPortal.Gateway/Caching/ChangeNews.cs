using StackExchange.Redis;

namespace StoryPortal.Gateway.Caching;

/// <summary>Whether this gateway hears, through Redis, of what others change.</summary>
internal sealed class ChangeNews
{
    private volatile bool _isHeard;

    /// <summary>Whether it does at present.</summary>
    public bool IsHeard => _isHeard;

    /// <summary>It does from now on; whatever was told before is lost.</summary>
    public void Begin() => _isHeard = true;

    /// <summary>Watches the connection; <paramref name="restored"/> is called when it is back.</summary>
    public void Watch(IConnectionMultiplexer redis, Action restored)
    {
        redis.ConnectionFailed += (_, failure) => _isHeard &= failure.ConnectionType != ConnectionType.Subscription;
        redis.ConnectionRestored += (_, connection) =>
        {
            if (connection.ConnectionType == ConnectionType.Subscription)
            {
                restored();
                _isHeard = true;
            }
        };
    }
}
