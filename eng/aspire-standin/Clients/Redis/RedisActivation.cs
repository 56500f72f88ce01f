using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>Needs the connection, so that it is made when the application starts, before anything else does.</summary>
internal sealed class RedisActivation : IHostedService
{
    public RedisActivation(IConnectionMultiplexer connection) => _ = connection.IsConnected;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
